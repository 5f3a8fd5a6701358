/** Lookups over HTTP as many users make them, driven by Gatling. */
@NullMarked
package dev.attune.load.gatling;

import org.jspecify.annotations.NullMarked;
