/** The collector when the log is away. */
@NullMarked
package dev.attune.refresher.collector;

import org.jspecify.annotations.NullMarked;
