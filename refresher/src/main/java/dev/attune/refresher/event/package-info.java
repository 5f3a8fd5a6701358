/** Segment-spec events: from the log into profiles. */
@NullMarked
package dev.attune.refresher.event;

import org.jspecify.annotations.NullMarked;
