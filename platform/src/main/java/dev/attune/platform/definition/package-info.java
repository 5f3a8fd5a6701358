/** Definitions on their topic: published by apply, followed by every part. */
@NullMarked
package dev.attune.platform.definition;

import org.jspecify.annotations.NullMarked;
