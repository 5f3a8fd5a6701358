@NullMarked
package dev.attune.standalone.architecture;

import org.jspecify.annotations.NullMarked;
