/** The whole system, from a request to a lookup and a webhook. */
@NullMarked
package dev.attune.standalone.endtoend;

import org.jspecify.annotations.NullMarked;
