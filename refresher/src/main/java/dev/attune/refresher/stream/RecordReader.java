package dev.attune.refresher.stream;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.refresher.event.MalformedEventException;

/** Reads the records of one format. */
interface RecordReader {
  /**
   * A record as JSON.
   *
   * @throws MalformedEventException when it is no record of this format
   * @throws RuntimeException when that cannot be told now: it is read again later
   */
  JsonNode read(byte[] value) throws MalformedEventException;

  /**
   * Whether a record that cannot be read may be kept in a dead letter: of what is not text nobody
   * can tell whether there is forbidden data in it.
   */
  boolean isText();
}
