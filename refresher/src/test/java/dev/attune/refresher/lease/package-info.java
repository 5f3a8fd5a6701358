@NullMarked
package dev.attune.refresher.lease;

import org.jspecify.annotations.NullMarked;
