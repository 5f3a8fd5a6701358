/** What could not be processed, with its reason, and its replay. */
@NullMarked
package dev.attune.platform.deadletter;

import org.jspecify.annotations.NullMarked;
