/** The delivery log: which attempts were made, and how they ended. */
@NullMarked
package dev.attune.dispatcher.log;

import org.jspecify.annotations.NullMarked;
