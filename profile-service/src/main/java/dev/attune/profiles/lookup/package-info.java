/** Lookups, and their two transports. */
@NullMarked
package dev.attune.profiles.lookup;

import org.jspecify.annotations.NullMarked;
