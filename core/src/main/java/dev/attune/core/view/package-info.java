/** Named selections of a profile. */
@NullMarked
package dev.attune.core.view;

import org.jspecify.annotations.NullMarked;
