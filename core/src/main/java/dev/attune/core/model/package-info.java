/** Warehouse models as defined. */
@NullMarked
package dev.attune.core.model;

import org.jspecify.annotations.NullMarked;
