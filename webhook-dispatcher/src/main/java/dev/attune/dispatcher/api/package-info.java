/** What operators see of webhooks. */
@NullMarked
package dev.attune.dispatcher.api;

import org.jspecify.annotations.NullMarked;
