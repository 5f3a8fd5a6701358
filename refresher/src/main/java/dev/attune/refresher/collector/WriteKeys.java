package dev.attune.refresher.collector;

import dev.attune.platform.http.HttpProblem;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Which write key a request came with. */
final class WriteKeys {
  private final Map<String, byte[]> keys = new LinkedHashMap<>();
  private final boolean any;

  WriteKeys(CollectorConfig config) {
    config.writeKeys().forEach((name, key) -> keys.put(name, key.getBytes(StandardCharsets.UTF_8)));
    any = keys.isEmpty() && config.anyKey();
  }

  /**
   * The key's name; empty where any key is taken.
   *
   * @throws HttpProblem 401 when it is missing or unknown
   */
  String name(Optional<String> key) {
    if (any) {
      return "";
    }
    if (keys.isEmpty()) {
      throw unauthorized(
          "no write key is configured, and this server is not on loopback (see"
              + " collector.write_keys)");
    }
    byte[] given =
        key.orElseThrow(
                () ->
                    unauthorized(
                        "the write key is missing (expected: as the user of Basic authentication,"
                            + " as writeKey in the body, or in the query)"))
            .getBytes(StandardCharsets.UTF_8);
    String found = "";
    // All are compared, each in constant time: how long it takes says nothing of the keys.
    for (Map.Entry<String, byte[]> entry : keys.entrySet()) {
      if (MessageDigest.isEqual(entry.getValue(), given)) {
        found = entry.getKey();
      }
    }
    if (found.isEmpty()) {
      throw unauthorized("the write key is not one of this collector's");
    }
    return found;
  }

  private static HttpProblem unauthorized(String message) {
    return new HttpProblem(401, "invalid_write_key", message);
  }
}
