/** The commands' shared ground for starting the system: data folder, logs, shutdown. */
@NullMarked
package dev.attune.standalone.up;

import org.jspecify.annotations.NullMarked;
