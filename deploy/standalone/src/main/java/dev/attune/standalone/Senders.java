package dev.attune.standalone;

import dev.attune.core.definition.Yaml;
import dev.attune.refresher.collector.CollectorConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Who may send events, {@code collector: {write_keys: {NAME: KEY}, origins: [...]}}. */
final class Senders {
  private static final int FILE_BYTES_MAX = 1_024;

  private Senders() {}

  /** Reads the keys, also those that stand in files: {@code NAME: {file: PATH}}. */
  static CollectorConfig parse(Yaml yaml, Path folder) {
    yaml.keys("write_keys", "origins");
    Map<String, String> keys = new LinkedHashMap<>();
    if (yaml.has("write_keys")) {
      yaml.get("write_keys").entries().forEach((name, key) -> keys.put(name, key(key, folder)));
    }
    Set<String> origins = new LinkedHashSet<>();
    if (yaml.has("origins")) {
      yaml.get("origins").items().forEach(origin -> origins.add(origin.text()));
    }
    try {
      return new CollectorConfig(keys, origins, true);
    } catch (IllegalArgumentException e) {
      throw yaml.error(String.valueOf(e.getMessage()));
    }
  }

  private static String key(Yaml yaml, Path folder) {
    if (!yaml.isMapping()) {
      return yaml.text();
    }
    Yaml file = yaml.keys("file").get("file");
    Path path = folder.resolve(file.text()).normalize();
    try {
      if (Files.size(path) > FILE_BYTES_MAX) {
        throw file.error("the file of a write key is larger than " + FILE_BYTES_MAX + " bytes");
      }
      return Files.readString(path).strip();
    } catch (IOException e) {
      throw file.error("the file of a write key cannot be read");
    }
  }
}
