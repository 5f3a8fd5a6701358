/** Keeps profiles in step with the warehouse, the event stream and the audiences. */
@NullMarked
package dev.attune.refresher;

import org.jspecify.annotations.NullMarked;
