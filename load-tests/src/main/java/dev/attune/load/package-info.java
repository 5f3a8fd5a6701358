/** Benchmarks: figures measured on real processes, every answer verified. */
@NullMarked
package dev.attune.load;

import org.jspecify.annotations.NullMarked;
