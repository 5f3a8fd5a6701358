@NullMarked
package dev.attune.load.faults;

import org.jspecify.annotations.NullMarked;
