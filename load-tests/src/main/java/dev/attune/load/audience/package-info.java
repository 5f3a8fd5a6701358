/** Audiences: the engine alone, and the evaluator as a process. */
@NullMarked
package dev.attune.load.audience;

import org.jspecify.annotations.NullMarked;
