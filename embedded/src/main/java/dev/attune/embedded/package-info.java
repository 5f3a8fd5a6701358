/**
 * A Kafka broker in process and a real Redis beside it: the standalone's and the tests' backends.
 */
@NullMarked
package dev.attune.embedded;

import org.jspecify.annotations.NullMarked;
