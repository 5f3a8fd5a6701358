/** How fast a bulk load may write: as fast as others keep up with it. */
@NullMarked
package dev.attune.refresher.pace;

import org.jspecify.annotations.NullMarked;
