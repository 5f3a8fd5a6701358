package dev.attune.refresher.stream;

import dev.attune.refresher.event.MalformedEventException;
import java.nio.ByteBuffer;

/**
 * How a record names its schema (docs.confluent.io/platform/current/schema-registry/fundamentals/
 * serdes-develop, Wire format): a zero byte, the schema's id in four bytes, then the message.
 */
final class WireFormat {
  private WireFormat() {}

  /**
   * Reads the id, and leaves the buffer behind it.
   *
   * @throws MalformedEventException when there is none
   */
  static int schemaId(ByteBuffer record) throws MalformedEventException {
    if (record.remaining() < 1 + Integer.BYTES || record.get() != 0) {
      throw new MalformedEventException(
          "the record does not begin with the id of a schema (expected: a zero byte and four"
              + " bytes, as Confluent's serializers write them)");
    }
    return record.getInt();
  }
}
