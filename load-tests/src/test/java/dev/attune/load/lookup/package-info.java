/** Tests of the lookup bench's own parts. */
@NullMarked
package dev.attune.load.lookup;

import org.jspecify.annotations.NullMarked;
