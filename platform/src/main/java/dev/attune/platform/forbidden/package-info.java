/** Forbidden data taken out of documents before anything of them is stored. */
@NullMarked
package dev.attune.platform.forbidden;

import org.jspecify.annotations.NullMarked;
