/** What the log knows, brought back into a store that lost it: all of it, or the last minutes. */
@NullMarked
package dev.attune.refresher.rebuild;

import org.jspecify.annotations.NullMarked;
