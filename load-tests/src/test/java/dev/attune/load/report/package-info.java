/** Tests of the report. */
@NullMarked
package dev.attune.load.report;

import org.jspecify.annotations.NullMarked;
