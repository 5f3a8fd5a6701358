@NullMarked
package dev.attune.standalone.dbt;

import org.jspecify.annotations.NullMarked;
