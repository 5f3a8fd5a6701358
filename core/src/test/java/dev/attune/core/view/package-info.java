/** Tests of views. */
@NullMarked
package dev.attune.core.view;

import org.jspecify.annotations.NullMarked;
