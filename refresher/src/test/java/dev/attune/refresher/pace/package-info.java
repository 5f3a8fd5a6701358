@NullMarked
package dev.attune.refresher.pace;

import org.jspecify.annotations.NullMarked;
