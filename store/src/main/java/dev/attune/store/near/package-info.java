/** Profiles kept near whoever looks them up, each answer younger than a bound. */
@NullMarked
package dev.attune.store.near;

import org.jspecify.annotations.NullMarked;
