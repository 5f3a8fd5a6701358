/** Tests of what must not be stored. */
@NullMarked
package dev.attune.platform.forbidden;

import org.jspecify.annotations.NullMarked;
