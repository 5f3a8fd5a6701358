/** The processes that are measured. */
@NullMarked
package dev.attune.load.process;

import org.jspecify.annotations.NullMarked;
