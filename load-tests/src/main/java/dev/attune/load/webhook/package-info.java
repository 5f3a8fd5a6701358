/** {@code ./attune bench webhooks}: how fast, how soon and how apart webhooks are delivered. */
@NullMarked
package dev.attune.load.webhook;

import org.jspecify.annotations.NullMarked;
