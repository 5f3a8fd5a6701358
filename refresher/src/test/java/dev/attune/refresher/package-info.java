/** The refresher on a real broker and a real Redis. */
@NullMarked
package dev.attune.refresher;

import org.jspecify.annotations.NullMarked;
