/** Past events, told again for audiences that did not know that they would need them. */
@NullMarked
package dev.attune.refresher.backfill;

import org.jspecify.annotations.NullMarked;
