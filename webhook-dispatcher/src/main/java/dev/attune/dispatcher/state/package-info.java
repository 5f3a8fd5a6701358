/** How the stores of Kafka Streams are kept. */
@NullMarked
package dev.attune.dispatcher.state;

import org.jspecify.annotations.NullMarked;
