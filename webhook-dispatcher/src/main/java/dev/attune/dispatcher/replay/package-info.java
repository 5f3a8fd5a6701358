/** Sending again what was sent, or given up, because an operator asks for it. */
@NullMarked
package dev.attune.dispatcher.replay;

import org.jspecify.annotations.NullMarked;
