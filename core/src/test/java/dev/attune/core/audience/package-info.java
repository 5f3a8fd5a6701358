/** Tests of the audience language and its engine. */
@NullMarked
package dev.attune.core.audience;

import org.jspecify.annotations.NullMarked;
