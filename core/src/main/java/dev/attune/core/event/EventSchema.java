package dev.attune.core.event;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import com.networknt.schema.dialect.DialectId;
import com.networknt.schema.path.NodePath;
import com.networknt.schema.resource.SchemaLoader;
import dev.attune.core.definition.Yaml;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A JSON Schema (2020-12) of an event's properties.
 *
 * <p>It is whole: nothing is fetched that it refers to. What it says of an event names the place
 * and what is expected there, never what stands there; of names in the event only those that the
 * schema has itself.
 */
public final class EventSchema {
  private static final int ERRORS_MAX = 5;
  private static final int EXPECTED_LENGTH_MAX = 100;
  private static final JsonMapper JSON = JsonMapper.shared();

  private static final SchemaRegistry REGISTRY =
      SchemaRegistry.withDefaultDialect(
          SpecificationVersion.DRAFT_2020_12,
          builder ->
              builder
                  .schemaCacheEnabled(false)
                  .schemaLoader(
                      SchemaLoader.builder()
                          .fetchRemoteResources(false)
                          .allow(iri -> iri.toString().startsWith("https://json-schema.org/"))
                          .build()));

  private final Schema schema;
  private final Set<String> names;

  private EventSchema(Schema schema, Set<String> names) {
    this.schema = schema;
    this.names = names;
  }

  /** Reads a schema from a definition. */
  static EventSchema parse(Yaml yaml) {
    Object plain = yaml.plain();
    JsonNode root = JSON.valueToTree(plain);
    List<Error> wrong =
        REGISTRY.getSchema(SchemaLocation.of(DialectId.DRAFT_2020_12)).validate(root);
    if (!wrong.isEmpty()) {
      throw yaml.error(
          "this is no JSON Schema (2020-12): "
              + wrong.getFirst().getInstanceLocation()
              + ": "
              + wrong.getFirst().getMessage());
    }
    Set<String> names = new TreeSet<>();
    collect(root, names);
    try {
      Schema schema = REGISTRY.getSchema(root);
      schema.initializeValidators();
      return new EventSchema(schema, names);
    } catch (SchemaException e) {
      throw yaml.error("this JSON Schema cannot be used: " + e.getMessage());
    }
  }

  private static void collect(JsonNode node, Set<String> names) {
    if (node.path("properties").isObject()) {
      names.addAll(node.path("properties").propertyNames());
    }
    node.forEach(child -> collect(child, names));
  }

  /**
   * What is wrong with an event's properties, a few words each; empty when they fit.
   *
   * @param properties as JSON
   */
  public List<String> check(String properties) {
    return schema.validate(properties, InputFormat.JSON).stream()
        .limit(ERRORS_MAX)
        .map(this::told)
        .distinct()
        .toList();
  }

  private String told(Error error) {
    String expected = error.getSchemaNode() == null ? "" : error.getSchemaNode().toString();
    return place(error.getInstanceLocation())
        + ": "
        + error.getKeyword()
        + (error.getProperty() != null && names.contains(error.getProperty())
            ? " " + error.getProperty()
            : "")
        + " (expected: "
        + (expected.length() > EXPECTED_LENGTH_MAX
            ? expected.substring(0, EXPECTED_LENGTH_MAX) + "..."
            : expected)
        + ")";
  }

  private String place(NodePath path) {
    StringBuilder place = new StringBuilder("properties");
    for (int i = 0; i < path.getNameCount(); i++) {
      place.append(
          switch (path.getElement(i)) {
            case Number position -> "[" + position + "]";
            case Object name -> names.contains(name.toString()) ? "." + name : ".*";
          });
    }
    return place.toString();
  }
}
