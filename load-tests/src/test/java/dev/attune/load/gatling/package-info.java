@NullMarked
package dev.attune.load.gatling;

import org.jspecify.annotations.NullMarked;
