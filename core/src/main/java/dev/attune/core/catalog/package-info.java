/** Namespaces and traits: what the definitions declare. */
@NullMarked
package dev.attune.core.catalog;

import org.jspecify.annotations.NullMarked;
