/** Pieces of a lookup, each by itself, in nanoseconds and bytes. */
@NullMarked
package dev.attune.load.micro;

import org.jspecify.annotations.NullMarked;
