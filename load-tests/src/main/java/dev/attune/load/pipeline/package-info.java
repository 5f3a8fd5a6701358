/** The whole way, from an event to a lookup, an audience and a webhook. */
@NullMarked
package dev.attune.load.pipeline;

import org.jspecify.annotations.NullMarked;
