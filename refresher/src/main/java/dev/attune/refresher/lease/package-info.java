/** Who may run a model: one process at a time, on whatever machine. */
@NullMarked
package dev.attune.refresher.lease;

import org.jspecify.annotations.NullMarked;
