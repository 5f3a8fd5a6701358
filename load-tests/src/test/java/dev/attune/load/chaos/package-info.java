@NullMarked
package dev.attune.load.chaos;

import org.jspecify.annotations.NullMarked;
