@NullMarked
package dev.attune.store.dynamodb;

import org.jspecify.annotations.NullMarked;
