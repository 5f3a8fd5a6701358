/** Trying an endpoint with deliveries about nobody. */
@NullMarked
package dev.attune.dispatcher.sample;

import org.jspecify.annotations.NullMarked;
