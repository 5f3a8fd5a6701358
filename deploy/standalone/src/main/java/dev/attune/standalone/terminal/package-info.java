/** What a person at a terminal sees while something takes its time. */
@NullMarked
package dev.attune.standalone.terminal;

import org.jspecify.annotations.NullMarked;
