@NullMarked
package dev.attune.store.redis;

import org.jspecify.annotations.NullMarked;
