/** Starting the system from the command line. */
@NullMarked
package dev.attune.standalone.up;

import org.jspecify.annotations.NullMarked;
