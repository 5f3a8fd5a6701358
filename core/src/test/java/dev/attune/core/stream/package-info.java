/** Tests of stream definitions. */
@NullMarked
package dev.attune.core.stream;

import org.jspecify.annotations.NullMarked;
