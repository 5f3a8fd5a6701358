/** Nothing is sent about people who have been deleted. */
@NullMarked
package dev.attune.dispatcher.deletion;

import org.jspecify.annotations.NullMarked;
