/** Fields that a subscriber gets hashed, or not at all. */
@NullMarked
package dev.attune.dispatcher.fields;

import org.jspecify.annotations.NullMarked;
