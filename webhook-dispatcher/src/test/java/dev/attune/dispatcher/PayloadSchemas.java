package dev.attune.dispatcher;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The published schemas of what webhooks send. */
final class PayloadSchemas {
  private static final Path DOCS = Path.of("..", "docs");
  private static final String HERE = "https://attune.invalid/";
  private static final String DOCUMENT = "webhook-payload.json";
  private static final String CLOUDEVENTS = "webhook-payload-cloudevents.json";
  private static final String SEGMENT = "webhook-payload-segment.json";

  private final Map<String, String> texts = new HashMap<>();
  private final SchemaRegistry registry;

  PayloadSchemas() {
    for (String file : List.of(DOCUMENT, CLOUDEVENTS, SEGMENT)) {
      texts.put(HERE + file, read("schemas/" + file));
    }
    registry =
        SchemaRegistry.withDefaultDialect(
            SpecificationVersion.DRAFT_2020_12, builder -> builder.schemas(texts));
  }

  /** A file of the documentation. */
  static String read(String file) {
    try {
      return Files.readString(DOCS.resolve(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * What its schema says against a body.
   *
   * @param form as a delivery holds it
   */
  List<String> errors(String form, String body) {
    String file =
        switch (form) {
          case "" -> DOCUMENT;
          case "cloudevents" -> CLOUDEVENTS;
          case "segment-track", "segment-identify" -> SEGMENT;
          default -> throw new IllegalArgumentException("a template has no schema");
        };
    Schema schema = registry.getSchema(SchemaLocation.of(HERE + file));
    return schema.validate(body, InputFormat.JSON).stream().map(String::valueOf).toList();
  }
}
