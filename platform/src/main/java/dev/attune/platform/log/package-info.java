/** Structured logs. */
@NullMarked
package dev.attune.platform.log;

import org.jspecify.annotations.NullMarked;
