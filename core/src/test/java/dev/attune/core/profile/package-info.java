/** Tests of what profiles are made of. */
@NullMarked
package dev.attune.core.profile;

import org.jspecify.annotations.NullMarked;
