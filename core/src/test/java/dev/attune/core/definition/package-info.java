@NullMarked
package dev.attune.core.definition;

import org.jspecify.annotations.NullMarked;
