/** Webhook subscriptions as defined. */
@NullMarked
package dev.attune.core.webhook;

import org.jspecify.annotations.NullMarked;
