/** Reading a topic without losing a record. */
@NullMarked
package dev.attune.refresher.consume;

import org.jspecify.annotations.NullMarked;
