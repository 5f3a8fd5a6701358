/** Tests of the near-cache: each race that it has to win is played through by hand. */
@NullMarked
package dev.attune.store.near;

import org.jspecify.annotations.NullMarked;
