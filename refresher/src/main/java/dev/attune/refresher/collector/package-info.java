/** Events over HTTP, as Segment's API takes them. */
@NullMarked
package dev.attune.refresher.collector;

import org.jspecify.annotations.NullMarked;
