/** The webhook dispatcher: transitions and events to signed webhooks. */
@NullMarked
package dev.attune.dispatcher;

import org.jspecify.annotations.NullMarked;
