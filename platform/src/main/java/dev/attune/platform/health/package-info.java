/** Health, status and metrics over HTTP. */
@NullMarked
package dev.attune.platform.health;

import org.jspecify.annotations.NullMarked;
