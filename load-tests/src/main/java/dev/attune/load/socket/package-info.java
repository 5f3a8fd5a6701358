/** Connections of drivers: many on one thread, without a client's own work in what is measured. */
@NullMarked
package dev.attune.load.socket;

import org.jspecify.annotations.NullMarked;
