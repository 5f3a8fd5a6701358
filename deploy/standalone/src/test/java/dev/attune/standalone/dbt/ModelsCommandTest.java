package dev.attune.standalone.dbt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.TraitType;
import dev.attune.core.definition.Yaml;
import dev.attune.core.model.DbtModel;
import dev.attune.core.model.JdbcSource;
import dev.attune.core.model.ModelDefinition;
import dev.attune.core.model.ProfilesModel;
import dev.attune.standalone.Main;
import dev.attune.standalone.terminal.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Model files from a manifest as dbt writes it (version 12 of its form). */
class ModelsCommandTest {
  private static final String MANIFEST =
      """
      {"metadata": {"adapter_type": "postgres"},
       "nodes": {
        "model.shop.customers": {
          "resource_type": "model", "name": "customers", "database": "shop", "schema": "marts",
          "alias": "dim_customers", "relation_name": "\\"shop\\".\\"marts\\".\\"dim_customers\\"",
          "config": {"materialized": "table", "meta": {"attune": {"updated_at": "changed_at"}}},
          "primary_key": ["customer_id"],
          "columns": {
            "customer_id": {"name": "customer_id", "data_type": "bigint"},
            "email": {"name": "email", "config": {"meta": {"attune": {"namespace": "email"}}}},
            "plan": {"name": "plan", "data_type": "text"},
            "orders": {"name": "orders", "data_type": "integer"},
            "spent": {"name": "spent", "data_type": "numeric(12,2)",
                      "meta": {"attune": {"trait": "lifetime_value"}}},
            "birthday": {"name": "birthday", "data_type": "date"},
            "internal note": {"name": "internal note", "meta": {"attune": false}},
            "changed_at": {"name": "changed_at", "data_type": "timestamp with time zone"}}},
        "model.shop.leads": {
          "resource_type": "model", "name": "leads", "database": "shop", "schema": "marts",
          "alias": "leads", "config": {"materialized": "view"}, "meta": {},
          "columns": {"id": {"name": "id"}, "source": {"name": "source"}}},
        "model.shop.steps": {
          "resource_type": "model", "name": "steps", "primary_key": ["id"],
          "config": {"materialized": "ephemeral"}, "columns": {}},
        "test.shop.unique_leads_id.1": {
          "resource_type": "test", "attached_node": "model.shop.leads", "column_name": "id",
          "test_metadata": {"name": "unique"}},
        "test.shop.not_null_leads_id.2": {
          "resource_type": "test", "attached_node": "model.shop.leads", "column_name": "id",
          "test_metadata": {"name": "not_null"}}}}
      """;

  @TempDir Path directory;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private Path target;
  private Path definitions;

  @BeforeEach
  void folders() throws Exception {
    target = Files.createDirectories(directory.resolve("target"));
    definitions = directory.resolve("definitions");
    Files.writeString(target.resolve("manifest.json"), MANIFEST);
  }

  private int init(String... more) {
    out.reset();
    err.reset();
    String[] arguments = new String[6 + more.length];
    System.arraycopy(
        new String[] {
          "models", "init", "--dbt", target.toString(), "--out", definitions.toString()
        },
        0,
        arguments,
        0,
        6);
    System.arraycopy(more, 0, arguments, 6, more.length);
    return Main.commands(Terminal.plain(stream(out), stream(err))).execute(arguments);
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private ProfilesModel model(String name, String traits) throws Exception {
    Catalog catalog =
        Catalog.parse(
            Yaml.parse(
                "catalog.yaml",
                "namespaces: {user_id: {unique: true}, email: {max: 5}}\ntraits:\n" + traits));
    String yaml = Files.readString(definitions.resolve("models").resolve(name + ".yaml"));
    return (ProfilesModel) ModelDefinition.parse(Yaml.parse(name, yaml), catalog);
  }

  @Test
  void modelWithMeta_becomesAFileThatIsTaken() throws Exception {
    assertThat(init()).isZero();

    Path file = definitions.resolve("models/customers.yaml");
    assertThat(out())
        .isEqualTo(
            """
            + %s (4 traits)
                to fill in: source: HOST; who reads it, and where the secret is
            catalog.yaml does not declare these yet; look at the types:
              traits:
                plan: {type: string}
                orders: {type: integer}
                lifetime_value: {type: number}
                birthday: {type: date}
            1 of 1 model files written. When they are filled in: ./attune apply %s, then ./attune refresh --check.
            """
                .formatted(file, definitions));
    ProfilesModel model =
        model(
            "customers",
            """
              plan: {type: string}
              orders: {type: integer}
              lifetime_value: {type: number}
              birthday: {type: date}
            """);
    assertThat(model.key()).isEqualTo(new ProfilesModel.Identification("user_id", "customer_id"));
    assertThat(model.identifiers())
        .containsExactly(new ProfilesModel.Identification("email", "email"));
    assertThat(model.updatedAt()).isEqualTo("changed_at");
    assertThat(model.traits()).containsEntry("lifetime_value", "spent").hasSize(4);
    var source = (JdbcSource) model.source();
    assertThat(source.url()).isEqualTo("jdbc:postgresql://HOST:5432/shop");
    assertThat(source.table()).containsExactly("marts", "dim_customers");
    assertThat(source.dbt()).contains(new DbtModel(target.toString(), "customers"));
  }

  @Test
  void withoutAnyMeta_allWithAPrimaryKeyAreWritten() throws Exception {
    Files.writeString(
        target.resolve("manifest.json"),
        MANIFEST.replace(
            "\"meta\": {\"attune\": {\"updated_at\": \"changed_at\"}}", "\"meta\": {}"));
    assertThat(init()).isZero();

    assertThat(out()).contains("customers.yaml (5 traits)", "leads.yaml (1 traits)", "2 of 2");
    assertThat(model("leads", "  source: {type: string}\n").key().column()).isEqualTo("id");
    assertThat(definitions.resolve("models/steps.yaml")).doesNotExist();
  }

  @Test
  void fileThatIsThere_staysUnlessForced() throws Exception {
    Path file = definitions.resolve("models/customers.yaml");
    Files.createDirectories(definitions.resolve("models"));
    Files.writeString(file, "mine");
    assertThat(init()).isZero();
    assertThat(err()).isEqualTo(file + " is there already and stays (--force overwrites it).\n");
    assertThat(out()).contains("0 of 1 model files written");
    assertThat(file).hasContent("mine");

    assertThat(init("--force")).isZero();
    assertThat(Files.readString(file)).startsWith("# Written from dbt's model customers.\n");
  }

  @Test
  void traitsOfTheCatalog_areNotAskedFor() throws Exception {
    Files.createDirectories(definitions);
    Files.writeString(
        definitions.resolve("catalog.yaml"),
        "namespaces: {user_id: {unique: true}}\ntraits: {plan: {type: string}}\n");
    assertThat(init()).isZero();
    assertThat(out())
        .contains("  namespaces:\n    email: {max: 20}\n  traits:\n    orders: {type: integer}\n");
  }

  @Test
  void columnsAndTypes_comeFromTheDocsWhenThereAreAny() throws Exception {
    Files.writeString(
        target.resolve("catalog.json"),
        """
        {"nodes": {"model.shop.customers": {"columns": {
          "customer_id": {"type": "bigint"}, "plan": {"type": "text"}, "country": {"type": "text"}}}}}
        """);
    Files.writeString(
        target.resolve("manifest.json"),
        MANIFEST.replace("{\"updated_at\": \"changed_at\"}", "true"));
    assertThat(init()).isZero();
    assertThat(Files.readString(definitions.resolve("models/customers.yaml")))
        .contains("  plan: plan\n  country: country\n");
  }

  @Test
  void snowflakesNames_areInCapitals() throws Exception {
    Files.writeString(
        target.resolve("manifest.json"),
        MANIFEST
            .replace("\"postgres\"", "\"snowflake\"")
            .replace(
                "\\\"shop\\\".\\\"marts\\\".\\\"dim_customers\\\"", "shop.marts.dim_customers"));
    assertThat(init()).isZero();
    assertThat(Files.readString(definitions.resolve("models/customers.yaml")))
        .contains(
            "jdbc: \"jdbc:snowflake://ACCOUNT.snowflakecomputing.com/?warehouse=WAREHOUSE\"\n",
            "table: SHOP.MARTS.DIM_CUSTOMERS\n",
            "key: {namespace: user_id, column: CUSTOMER_ID}\n",
            "updated_at: CHANGED_AT\n",
            "  plan: PLAN\n");
  }

  @Test
  void whatCannotBeFollowed_isOneSentenceAndWritesNothing() throws Exception {
    Path manifest = target.resolve("manifest.json");
    Files.writeString(
        manifest, MANIFEST.replace("{\"updated_at\": \"changed_at\"}", "{\"kee\": 1}"));
    assertThat(init()).isEqualTo(1);
    assertThat(err())
        .isEqualTo(
            "attune: meta.attune of the dbt model customers has the unknown key \"kee\" (allowed:"
                + " identifiers, key, name, namespace, traits, updated_at).\n");
    Files.writeString(manifest, MANIFEST.replace("changed_at\"}}", "changed\"}}"));
    assertThat(init()).isEqualTo(1);
    assertThat(err()).contains("names the column \"changed\", which dbt does not know");
    Files.writeString(
        manifest, MANIFEST.replace("[\"customer_id\"]", "[\"customer_id\", \"plan\"]"));
    assertThat(init()).isEqualTo(1);
    assertThat(err()).contains("has a primary key of many columns");
    Files.writeString(manifest, "{\"nodes\":");
    assertThat(init()).isEqualTo(1);
    assertThat(err()).endsWith("manifest.json is not JSON, or not whole.\n");
    Files.delete(manifest);
    assertThat(init()).isEqualTo(1);
    assertThat(err()).contains("name dbt's target folder");
    assertThat(definitions).doesNotExist();
  }

  @Test
  void types_ofManyDatabases() {
    assertThat(ModelDraft.type("NUMBER(38,0)")).isEqualTo(TraitType.INTEGER);
    assertThat(ModelDraft.type("INT64")).isEqualTo(TraitType.INTEGER);
    assertThat(ModelDraft.type("double precision")).isEqualTo(TraitType.NUMBER);
    assertThat(ModelDraft.type("TIMESTAMP_NTZ")).isEqualTo(TraitType.TIMESTAMP);
    assertThat(ModelDraft.type("text[]")).isEqualTo(TraitType.LIST);
    assertThat(ModelDraft.type("VARIANT")).isEqualTo(TraitType.OBJECT);
    assertThat(ModelDraft.type("")).isEqualTo(TraitType.STRING);
  }
}
