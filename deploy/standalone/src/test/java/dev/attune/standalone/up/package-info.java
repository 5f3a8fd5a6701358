@NullMarked
package dev.attune.standalone.up;

import org.jspecify.annotations.NullMarked;
