/** Tests of how lookups are answered. */
@NullMarked
package dev.attune.profiles.lookup;

import org.jspecify.annotations.NullMarked;
