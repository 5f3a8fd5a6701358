/** Links between identifiers, and the partition into people that follows from them. */
@NullMarked
package dev.attune.core.identity;

import org.jspecify.annotations.NullMarked;
