/** Definitions as they stand in Git: strict YAML with positions, and the checked set. */
@NullMarked
package dev.attune.core.definition;

import org.jspecify.annotations.NullMarked;
