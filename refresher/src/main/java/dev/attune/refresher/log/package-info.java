/** Parts of a topic, read from their first record to their last. */
@NullMarked
package dev.attune.refresher.log;

import org.jspecify.annotations.NullMarked;
