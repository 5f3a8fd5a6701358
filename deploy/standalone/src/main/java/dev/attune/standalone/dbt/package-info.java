/** Model files from what dbt knows of a warehouse. */
@NullMarked
package dev.attune.standalone.dbt;

import org.jspecify.annotations.NullMarked;
