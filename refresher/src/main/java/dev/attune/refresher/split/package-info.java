/** Operators' words on who does not belong together. */
@NullMarked
package dev.attune.refresher.split;

import org.jspecify.annotations.NullMarked;
