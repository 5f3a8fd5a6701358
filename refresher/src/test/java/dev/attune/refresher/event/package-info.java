/** Events as they come from real and from careless senders. */
@NullMarked
package dev.attune.refresher.event;

import org.jspecify.annotations.NullMarked;
