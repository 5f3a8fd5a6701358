/** Everything in one process, and the commands around it. */
@NullMarked
package dev.attune.standalone;

import org.jspecify.annotations.NullMarked;
