/** An orderly end. */
@NullMarked
package dev.attune.platform.shutdown;

import org.jspecify.annotations.NullMarked;
