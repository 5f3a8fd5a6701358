/** Warehouse models: files read by DuckDB, compared with what was applied last, told as facts. */
@NullMarked
package dev.attune.refresher.snapshot;

import org.jspecify.annotations.NullMarked;
