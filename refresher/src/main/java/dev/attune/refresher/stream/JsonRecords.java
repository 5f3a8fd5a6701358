package dev.attune.refresher.stream;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.platform.http.InvalidJsonException;
import dev.attune.platform.http.Json;
import dev.attune.refresher.event.MalformedEventException;

/** Records that are JSON, without a registry. */
final class JsonRecords implements RecordReader {
  @Override
  public JsonNode read(byte[] value) throws MalformedEventException {
    try {
      return Json.parseLarge(value);
    } catch (InvalidJsonException e) {
      throw new MalformedEventException(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public boolean isText() {
    return true;
  }
}
