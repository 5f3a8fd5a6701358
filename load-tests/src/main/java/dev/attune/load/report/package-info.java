/** Figures, and how they are told. */
@NullMarked
package dev.attune.load.report;

import org.jspecify.annotations.NullMarked;
