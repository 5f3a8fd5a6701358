/** Rendered deliveries to their endpoints: queues, retries, and the end of each. */
@NullMarked
package dev.attune.dispatcher.delivery;

import org.jspecify.annotations.NullMarked;
