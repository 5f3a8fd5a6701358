@NullMarked
package dev.attune.embedded;

import org.jspecify.annotations.NullMarked;
