/** Streams: users' own topics, and how their records become events. */
@NullMarked
package dev.attune.core.stream;

import org.jspecify.annotations.NullMarked;
