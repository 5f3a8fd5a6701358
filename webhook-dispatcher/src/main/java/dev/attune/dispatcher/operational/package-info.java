/** What operators are told of webhooks through webhooks. */
@NullMarked
package dev.attune.dispatcher.operational;

import org.jspecify.annotations.NullMarked;
