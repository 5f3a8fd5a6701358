/** Audience transitions folded into profiles. */
@NullMarked
package dev.attune.refresher.membership;

import org.jspecify.annotations.NullMarked;
