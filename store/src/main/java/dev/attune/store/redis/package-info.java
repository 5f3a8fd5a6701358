/** Profiles in Redis 6.2 or newer, with replicas if there are any. */
@NullMarked
package dev.attune.store.redis;

import org.jspecify.annotations.NullMarked;
