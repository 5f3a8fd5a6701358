@NullMarked
package dev.attune.standalone;

import org.jspecify.annotations.NullMarked;
