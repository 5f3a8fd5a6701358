/** A part is one service inside a process. */
@NullMarked
package dev.attune.platform.part;

import org.jspecify.annotations.NullMarked;
