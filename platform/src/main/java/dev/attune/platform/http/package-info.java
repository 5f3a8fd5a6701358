/** The HTTP server and its JSON. */
@NullMarked
package dev.attune.platform.http;

import org.jspecify.annotations.NullMarked;
