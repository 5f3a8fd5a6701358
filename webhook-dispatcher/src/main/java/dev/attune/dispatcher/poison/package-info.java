/** What cannot be processed is set aside. */
@NullMarked
package dev.attune.dispatcher.poison;

import org.jspecify.annotations.NullMarked;
