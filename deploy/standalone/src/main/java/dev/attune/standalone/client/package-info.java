/** The commands that speak HTTP to a running Attune. */
@NullMarked
package dev.attune.standalone.client;

import org.jspecify.annotations.NullMarked;
