/** Time in the contract's unit. */
@NullMarked
package dev.attune.dispatcher.clock;

import org.jspecify.annotations.NullMarked;
