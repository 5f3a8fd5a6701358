/** The audience language and the engine that evaluates it. */
@NullMarked
package dev.attune.core.audience;

import org.jspecify.annotations.NullMarked;
