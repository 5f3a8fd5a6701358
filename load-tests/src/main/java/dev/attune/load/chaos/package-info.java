/** {@code ./attune bench chaos}: dispatchers that are killed, before endpoints that misbehave. */
@NullMarked
package dev.attune.load.chaos;

import org.jspecify.annotations.NullMarked;
