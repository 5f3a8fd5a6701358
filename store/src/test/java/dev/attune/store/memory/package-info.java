@NullMarked
package dev.attune.store.memory;

import org.jspecify.annotations.NullMarked;
