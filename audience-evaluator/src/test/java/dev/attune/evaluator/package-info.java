/** Tests of the evaluator. */
@NullMarked
package dev.attune.evaluator;

import org.jspecify.annotations.NullMarked;
