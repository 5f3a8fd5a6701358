package dev.attune.refresher.event;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.Headers;

/**
 * Headers of records in {@code attune.events}. All are optional: users' own producers need none.
 */
final class EventHeaders {
  /** W3C trace context of the request that brought the event. */
  static final String TRACEPARENT = "traceparent";

  /** Name of the write key with which the event came; its facts are {@code events:NAME}'s. */
  static final String WRITE_KEY = "write-key";

  /** Present on events that an events model brought: history and no news. */
  static final String HISTORICAL = "historical";

  /** On a record without a value: a job's clock, in microseconds as decimal text. */
  static final String TICK = "tick";

  private EventHeaders() {}

  /** A header's text; empty when it is not there. */
  static String text(Headers headers, String name) {
    Header header = headers.lastHeader(name);
    return header == null || header.value() == null
        ? ""
        : new String(header.value(), StandardCharsets.UTF_8);
  }
}
