/** One attempt: check the address, sign, POST, and say how it ended. */
@NullMarked
package dev.attune.dispatcher.send;

import org.jspecify.annotations.NullMarked;
