/** {@code ./attune bench refresh}: the warehouse's way and the events' way into the store. */
@NullMarked
package dev.attune.load.refresh;

import org.jspecify.annotations.NullMarked;
