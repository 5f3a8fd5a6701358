/** Tests of what must not be stored. */
@NullMarked
package dev.attune.core.forbidden;

import org.jspecify.annotations.NullMarked;
