/** Writers against a model: the same inputs give the same people, whatever happens on the way. */
@NullMarked
package dev.attune.store.convergence;

import org.jspecify.annotations.NullMarked;
