/** Links and the partition that follows from them. */
@NullMarked
package dev.attune.core.identity;

import org.jspecify.annotations.NullMarked;
