/** {@code ./attune bench lookup}: lookups against Redis itself and against a thin service. */
@NullMarked
package dev.attune.load.lookup;

import org.jspecify.annotations.NullMarked;
