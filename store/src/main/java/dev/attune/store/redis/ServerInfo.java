package dev.attune.store.redis;

import java.util.HashMap;
import java.util.Map;

/** What a server says of itself: the lines of INFO. */
record ServerInfo(Map<String, String> fields) {
  ServerInfo {
    fields = Map.copyOf(fields);
  }

  static ServerInfo of(byte[]... sections) {
    Map<String, String> fields = new HashMap<>();
    for (byte[] section : sections) {
      Records.text(section)
          .lines()
          .forEach(
              line -> {
                int colon = line.indexOf(':');
                if (colon > 0) {
                  fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
                }
              });
    }
    return new ServerInfo(fields);
  }

  /** Empty when it says nothing of that. */
  String text(String name) {
    return fields.getOrDefault(name, "");
  }

  long number(String name, long otherwise) {
    try {
      return Long.parseLong(text(name));
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }
}
