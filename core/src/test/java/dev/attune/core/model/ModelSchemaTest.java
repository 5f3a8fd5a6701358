package dev.attune.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.json.JsonMapper;

/** The JSON Schemas that editors use say of a model what the parser says of it. */
class ModelSchemaTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final String HERE = "https://schemas.example.org/";
  private static final JsonMapper JSON = new JsonMapper();
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```yaml\\R(.*?)^```$");

  private static final Catalog CATALOG =
      Catalog.parse(
          Yaml.parse(
              "catalog.yaml",
              """
              namespaces: {person_id: {unique: true}, user_id: {unique: true}, email: {}}
              traits:
                plan: {type: string}
                age: {type: integer}
              """));

  private static final String SOURCE = "source: {files: a.csv, format: csv}\n";
  private static final String KEY = "key: {namespace: email, column: email}\n";
  private static final String PROFILES =
      "name: a\nkind: profiles\n" + SOURCE + KEY + "traits: {plan: plan}\n";
  private static final String EVENTS =
      "name: a\nkind: events\n" + SOURCE + "event: {user_id: u, name: Bought, time: t}\n";
  private static final String AUDIENCE = "name: a\nkind: audience\n" + SOURCE + KEY;
  private static final String COLUMNS =
      "name: a\nkind: consent\n" + SOURCE + KEY + "purposes: {marketing: ok}\n";
  private static final String ROWS =
      "name: a\nkind: consent\n"
          + SOURCE
          + KEY
          + "purpose: p\ngranted: g\ntime: t\npurposes: [marketing]\n";

  private static final String IDENTITY =
      "name: a\nkind: identity\n"
          + SOURCE
          + "identifier: {namespace: email, column: email}\n"
          + "person: {namespace: person_id, column: p}\n";

  private final Schema schema;

  ModelSchemaTest() throws IOException {
    Map<String, String> texts = new HashMap<>();
    try (var files = Files.list(DOCS.resolve("schemas"))) {
      for (Path file : files.toList()) {
        texts.put(HERE + file.getFileName(), Files.readString(file));
      }
    }
    schema =
        SchemaRegistry.withDefaultDialect(
                SpecificationVersion.DRAFT_2020_12, builder -> builder.schemas(texts))
            .getSchema(SchemaLocation.of(HERE + "model.json"));
  }

  private List<String> schemaErrors(String yaml) {
    Object loaded = new Load(LoadSettings.builder().build()).loadFromString(yaml);
    return schema.validate(JSON.valueToTree(loaded)).stream().map(String::valueOf).toList();
  }

  private static ModelDefinition parse(String yaml) {
    return ModelDefinition.parse(Yaml.parse("models/a.yaml", yaml), CATALOG);
  }

  static List<String> accepted() {
    return List.of(
        PROFILES,
        PROFILES + "identifiers: [{namespace: user_id, column: 7}]\nupdated_at: at\n",
        PROFILES + "data_time: 2026-11-20T00:00:00Z\ndescription: of the shop\n",
        PROFILES + "guards: {rows_off: 10000%, bad_rows: 0.5 %}\nschedule: {every: 6h}\n",
        PROFILES + "schedule: {daily: \"03:30\", zone: Europe/Berlin}\n",
        PROFILES.replace("a.csv, format: csv", "a.parquet, format: parquet"),
        PROFILES.replace("csv}", "csv, csv: {delimiter: \";\", header: true}}"),
        PROFILES.replace("csv}", "csv, csv: {header: false}, columns: {id: string}}"),
        PROFILES.replace("csv}", "csv, date_format: \"%Y%m%d\", query: select 1}"),
        PROFILES.replace(SOURCE, "source: {manifest: m.json, format: parquet}\n"),
        PROFILES.replace("a.csv", "\"s3://shop.out/dt=*/{a,b}-?.csv\""),
        PROFILES.replace(SOURCE, "source: {manifest: \" s3://shop/m.json\", format: parquet}\n"),
        PROFILES.replace("a.csv,", "a.csv, marker: _SUCCESS, dbt: {target: t, model: m},"),
        PROFILES.replace(SOURCE, "source: {duckdb: a.duckdb, query: select 1 as id}\n"),
        PROFILES.replace(SOURCE, "source: {jdbc: \"jdbc:postgresql://h/d\", table: a.b}\n"),
        PROFILES.replace(
            SOURCE,
            "source: {jdbc: \"jdbc:postgresql://h/d\", query: select 1, user: u,"
                + " password: {env: SHOP}, properties: {sslmode: {file: f}}}\n"),
        EVENTS,
        EVENTS.replace("name: Bought", "name: {column: n}, id: i, properties: {total: t}")
            + "guards: {rows_off: 30%}\n",
        AUDIENCE,
        AUDIENCE + "since: s\nconsent: marketing\nguards: {rows_off: 30%}\n",
        COLUMNS,
        COLUMNS.replace("marketing: ok", "a: {granted: g, time: t}, b: c") + "time: t\n",
        ROWS,
        IDENTITY,
        IDENTITY.replace("namespace: email", "namespace: {column: t}") + "updated_at: at\n");
  }

  @ParameterizedTest
  @MethodSource("accepted")
  void model_thatIsTaken_isValid(String yaml) {
    assertThat(parse(yaml)).isNotNull();
    assertThat(schemaErrors(yaml)).isEmpty();
  }

  static List<String> rejected() {
    List<String> rejected = new ArrayList<>();
    for (String model : List.of(PROFILES, EVENTS, AUDIENCE, COLUMNS, ROWS, IDENTITY)) {
      rejected.addAll(
          List.of(
              model.replace("name: a\n", ""),
              model.replace("name: a\n", "name: A b\n"),
              model.replaceFirst("kind: .*", "kind: profile"),
              model.replaceFirst("kind: .*\n", ""),
              model.replace(SOURCE, ""),
              model.replace("format: csv", "format: xlsx"),
              model.replace("files: a.csv, ", ""),
              model.replace("files: a.csv", "files: \" \""),
              model.replace("a.csv", "s3://shop"),
              model.replace("a.csv", "\"s3://*/a.csv\""),
              model.replace("a.csv", "gs://shop/a.csv"),
              model.replace("csv}", "csv, fiels: b}"),
              model.replace("files: a.csv", "files: a.csv, manifest: m.json"),
              model.replace("files: a.csv", "manifest: m.json, marker: _SUCCESS"),
              model.replace("files: a.csv", "files: a.csv, marker: a/b"),
              model.replace("files: a.csv", "files: a.csv, dbt: {target: t}"),
              model.replace(SOURCE, "source: {duckdb: a.duckdb}\n"),
              model.replace(SOURCE, "source: {duckdb: a.duckdb, table: \"a;b\"}\n"),
              model.replace(SOURCE, "source: {jdbc: h/d, table: a}\n"),
              model.replace(SOURCE, "source: {jdbc: \"jdbc:x:y\", table: a, query: b}\n"),
              model.replace(SOURCE, "source: {jdbc: \"jdbc:x:y\", table: a, password: b}\n"),
              model.replace(
                  SOURCE, "source: {jdbc: \"jdbc:x:y\", table: a, password: {env: \"1\"}}\n"),
              model.replace("csv}", "parquet, columns: {a: string}}"),
              model.replace("csv}", "csv, columns: {a: text}}"),
              model.replace("csv}", "csv, date_format: \"{}\"}"),
              model.replace("csv}", "json, csv: {header: true}}"),
              model.replace("csv}", "csv, csv: {header: false}}"),
              model.replace("csv}", "csv, csv: {delimiter: abc}}"),
              model + "unknown: 1\n",
              model + "guards: {rows_off: 0.3}\n",
              model + "guards: {bad_rows: 101%}\n",
              model + "guards: {row_off: 3%}\n",
              model + "schedule: {every: 6 hours}\n",
              model + "schedule: {every: 6h, daily: \"03:30\"}\n",
              model + "schedule: {daily: 25h}\n",
              model + "schedule: {zone: UTC}\n"));
    }
    for (String model : List.of(PROFILES, AUDIENCE, COLUMNS, ROWS)) {
      rejected.addAll(
          List.of(
              model.replace(KEY, ""),
              model.replace(", column: email", ""),
              model.replace("key: {", "key: {also: x, "),
              model + "data_time: yesterday\n"));
    }
    rejected.addAll(
        List.of(
            PROFILES.replace("traits: {plan: plan}\n", ""),
            PROFILES + "identifiers: {namespace: email, column: e}\n",
            PROFILES + "since: s\n",
            EVENTS.replace(", time: t", ""),
            EVENTS.replace("name: Bought", "name: {columns: n}"),
            EVENTS.replace("name: Bought", "name: \" \""),
            EVENTS + KEY,
            AUDIENCE + "traits: {plan: plan}\n",
            AUDIENCE + "consent: Marketing Mail\n",
            AUDIENCE + "since: {column: s}\n",
            COLUMNS.replace("{marketing: ok}", "{}"),
            COLUMNS.replace("{marketing: ok}", "[marketing]"),
            COLUMNS.replace("marketing: ok", "Direct Mail: ok"),
            COLUMNS.replace("marketing: ok", "marketing: {time: t}"),
            COLUMNS.replace("marketing: ok", "marketing: {granted: g, when: t}"),
            COLUMNS.replace("marketing: ok", "marketing: [a]"),
            COLUMNS + "granted: g\n",
            ROWS.replace("granted: g\n", ""),
            ROWS.replace("time: t\n", ""),
            ROWS.replace("[marketing]", "[]"),
            ROWS.replace("[marketing]", "[marketing, marketing]"),
            ROWS.replace("[marketing]", "{marketing: ok}")));
    rejected.addAll(
        List.of(
            IDENTITY.replaceFirst("person: .*", ""),
            IDENTITY.replace("namespace: email", "namespace: {columns: t}"),
            IDENTITY + "traits: {plan: plan}\n"));
    return rejected;
  }

  @ParameterizedTest
  @MethodSource("rejected")
  void model_thatIsRefused_isNotValid(String yaml) {
    assertThat(List.of(PROFILES, EVENTS, AUDIENCE, COLUMNS, ROWS, IDENTITY))
        .as("the case differs from what is taken")
        .doesNotContain(yaml);
    String said = "";
    try {
      parse(yaml);
    } catch (DefinitionException e) {
      said = String.valueOf(e.getMessage());
    }
    assertThat(said).as("the parser refuses, and says where").startsWith("models/a.yaml:");
    assertThat(schemaErrors(yaml)).as("the schema refuses: " + said).isNotEmpty();
  }

  @Test
  void documentedModels_areTakenByBoth() throws IOException {
    List<String> documented = new ArrayList<>();
    for (Path page : List.of(DOCS.resolve("definitions.md"), DOCS.resolve("warehouse.md"))) {
      Matcher blocks = BLOCK.matcher(Files.readString(page));
      while (blocks.find()) {
        if (blocks.group(1).startsWith("name: ") && blocks.group(1).contains("\nkind: ")) {
          documented.add(blocks.group(1));
        }
      }
    }
    try (var files = Files.list(Path.of("..", "definitions", "models"))) {
      for (Path file : files.toList()) {
        documented.add(Files.readString(file));
      }
    }
    Catalog catalog =
        Catalog.parse(
            Yaml.parse(
                "catalog.yaml", Files.readString(Path.of("..", "definitions", "catalog.yaml"))));
    var kinds = new TreeSet<String>();
    for (String yaml : documented) {
      kinds.add(ModelDefinition.parse(Yaml.parse("documented", yaml), all(catalog)).kind());
      assertThat(schemaErrors(yaml)).as(yaml).isEmpty();
    }
    assertThat(kinds).as("each kind has an example").containsAll(ModelDefinition.KINDS);
  }

  // The pages' examples use traits of their own.
  private static Catalog all(Catalog sample) {
    var traits = new java.util.LinkedHashMap<>(CATALOG.traits());
    traits.putAll(sample.traits());
    var namespaces = new java.util.LinkedHashMap<>(CATALOG.namespaces());
    namespaces.putAll(sample.namespaces());
    return new Catalog(namespaces, traits, sample.forbidden());
  }

  @Test
  void everyKind_hasItsSchema() {
    for (String kind : ModelDefinition.KINDS) {
      assertThat(DOCS.resolve("schemas/model-" + kind + ".json")).exists();
    }
  }
}
