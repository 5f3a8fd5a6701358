/**
 * People who live for tests and benchmarks: what they do, who sends it, what must come of it, and a
 * subscriber who is told.
 */
@NullMarked
package dev.attune.testkit.people;

import org.jspecify.annotations.NullMarked;
