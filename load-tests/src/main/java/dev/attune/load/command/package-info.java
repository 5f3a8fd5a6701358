/** What the commands of all benchmarks share. */
@NullMarked
package dev.attune.load.command;

import org.jspecify.annotations.NullMarked;
