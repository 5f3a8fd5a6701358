@NullMarked
package dev.attune.standalone.terminal;

import org.jspecify.annotations.NullMarked;
