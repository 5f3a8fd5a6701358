/** Topics, and clients set up the way Attune needs them. */
@NullMarked
package dev.attune.platform.kafka;

import org.jspecify.annotations.NullMarked;
