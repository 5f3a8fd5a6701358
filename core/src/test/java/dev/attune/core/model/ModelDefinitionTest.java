package dev.attune.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import dev.attune.core.model.FileSource.Format;
import dev.attune.core.model.ModelSource.ColumnType;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

class ModelDefinitionTest {
  private static final Catalog CATALOG =
      Catalog.parse(
          Yaml.parse(
              "catalog.yaml",
              """
              namespaces:
                user_id: {unique: true}
                email: {max: 5, normalise: lower}
              traits:
                plan: {type: string}
                lifetime_value: {type: number}
              """));

  private static final String CUSTOMERS =
      """
      name: customers
      kind: profiles
      source: {files: customers.parquet, format: parquet}
      key: {namespace: user_id, column: customer_id}
      identifiers:
        - {namespace: email, column: email}
      updated_at: updated_at
      data_time: 2026-11-20T00:00:00Z
      traits:
        plan: plan
        lifetime_value: total_spent
      """;

  private static final String PURCHASES =
      """
      name: purchases
      kind: events
      source:
        files: CDNOW_master.txt
        format: csv
        csv: {delimiter: spaces}
        columns: {customer_id: string, date: date}
        date_format: "%Y%m%d"
      event:
        user_id: customer_id
        name: Order Completed
        time: date
        properties: {total: dollar_value}
      """;

  private static ModelDefinition parse(String yaml) {
    return ModelDefinition.parse(Yaml.parse("models/m.yaml", yaml), CATALOG);
  }

  private static FileSource files(ModelDefinition model) {
    return (FileSource) model.source();
  }

  @Test
  void identity_isATableOfIdentifiersAndTheirPeople() {
    String people =
        """
        name: people
        kind: identity
        source: {files: people.parquet, format: parquet}
        identifier: {namespace: email, column: address}
        person: {namespace: user_id, column: person}
        updated_at: changed
        schedule: {every: 6h}
        """;
    var model = (IdentityModel) parse(people);
    assertThat(model.name()).isEqualTo("people");
    assertThat(model.namespaceColumn()).isEmpty();
    assertThat(model.table().key()).isEqualTo(new ProfilesModel.Identification("email", "address"));
    assertThat(model.table().identifiers())
        .containsExactly(new ProfilesModel.Identification("user_id", "person"));
    assertThat(model.table().traits()).isEmpty();
    assertThat(model.schedule()).isPresent();

    var mixed =
        (IdentityModel) parse(people.replace("namespace: email", "namespace: {column: kind}"));
    assertThat(mixed.namespaceColumn()).isEqualTo("kind");

    assertThatThrownBy(() -> parse(people.replace("email", "emial")))
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining("\"emial\"")
        .hasMessageContaining("email");
    assertThatThrownBy(() -> parse(people + "traits: {plan: plan}"))
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining("unknown key \"traits\"");
  }

  @Test
  void profiles_withEveryKey() {
    var model = (ProfilesModel) parse(CUSTOMERS);

    assertThat(model.name()).isEqualTo("customers");
    assertThat(files(model).format()).isEqualTo(Format.PARQUET);
    assertThat(model.key().column()).isEqualTo("customer_id");
    assertThat(model.identifierColumns()).containsExactly("customer_id", "email");
    assertThat(model.updatedAt()).isEqualTo("updated_at");
    assertThat(model.dataTime()).contains(Instant.parse("2026-11-20T00:00:00Z"));
    assertThat(model.traits().keySet()).containsExactly("plan", "lifetime_value");
  }

  @Test
  void events_withSpacesAndTypes() {
    var model = (EventsModel) parse(PURCHASES);

    assertThat(files(model).csv().spaces()).isTrue();
    assertThat(files(model).columns()).containsEntry("date", ColumnType.DATE);
    assertThat(model.eventName()).isEqualTo("Order Completed");
    assertThat(model.eventNameColumn()).isEmpty();
    assertThat(model.idColumn()).isEmpty();
  }

  @Test
  void events_withNameOfAColumn() {
    var model =
        (EventsModel) parse(PURCHASES.replace("name: Order Completed", "name: {column: what}"));

    assertThat(model.eventName()).isEmpty();
    assertThat(model.eventNameColumn()).isEqualTo("what");
  }

  @Test
  void undeclaredTrait_isRefusedWithTheNearest() {
    assertThatThrownBy(() -> parse(CUSTOMERS.replace("  plan: plan", "  plam: plan")))
        .isInstanceOf(DefinitionException.class)
        .hasMessage(
            "models/m.yaml:10:9: the catalog declares no trait \"plam\"; did you mean \"plan\"?");
  }

  @Test
  void unknownNamespace_isRefusedWithTheNearest() {
    assertThatThrownBy(() -> parse(CUSTOMERS.replace("namespace: email", "namespace: e_mail")))
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining("models/m.yaml:6:")
        .hasMessageContaining("did you mean \"email\"?");
  }

  @Test
  void unknownKey_isRefused() {
    assertThatThrownBy(() -> parse(CUSTOMERS + "tarits: {}\n"))
        .hasMessageContaining("unknown key \"tarits\"; did you mean \"traits\"?");
  }

  @Test
  void columnsOfParquet_areRefused() {
    assertThatThrownBy(
            () ->
                parse(
                    CUSTOMERS.replace(
                        "format: parquet}", "format: parquet, columns: {a: string}}")))
        .hasMessageContaining("a Parquet file has types of its own");
  }

  @Test
  void badDelimiter_isRefused() {
    assertThatThrownBy(() -> parse(PURCHASES.replace("delimiter: spaces", "delimiter: abc")))
        .hasMessageContaining("is not a delimiter");
  }

  @Test
  void mappingDigest_dependsOnTheMappingAlone() {
    var model = (ProfilesModel) parse(CUSTOMERS);
    var reordered =
        (ProfilesModel)
            parse(
                CUSTOMERS.replace(
                    "  plan: plan\n  lifetime_value: total_spent\n",
                    "  lifetime_value: total_spent\n  plan: plan\n"));
    var other = (ProfilesModel) parse(CUSTOMERS.replace("  plan: plan\n", ""));
    var moved = (ProfilesModel) parse(CUSTOMERS.replace("customers.parquet", "c.parquet"));

    assertThat(reordered.mappingDigest()).isEqualTo(model.mappingDigest());
    assertThat(moved.mappingDigest()).isEqualTo(model.mappingDigest());
    assertThat(other.mappingDigest()).isNotEqualTo(model.mappingDigest());
  }

  @Test
  void guardsAndSchedule_areRead() {
    assertThat(((ProfilesModel) parse(CUSTOMERS)).guards()).isEqualTo(Guards.DEFAULT);
    assertThat(parse(CUSTOMERS).schedule()).isEmpty();

    ProfilesModel model =
        (ProfilesModel)
            parse(
                CUSTOMERS
                    + "guards: {rows_off: 30%, bad_rows: 0.5 %}\n"
                    + "schedule: {daily: \"03:30\", zone: Europe/Berlin}\n");
    assertThat(model.guards()).isEqualTo(new Guards(0.3, 1, OptionalDouble.of(0.005)));
    assertThat(model.schedule())
        .contains(new Schedule.Daily(LocalTime.of(3, 30), ZoneId.of("Europe/Berlin")));
    assertThat(parse(PURCHASES + "schedule: {every: 6h}\n").schedule())
        .contains(new Schedule.Every(Duration.ofHours(6)));
    // They say how it is loaded, not what: no row is written again for them.
    assertThat(model.mappingDigest()).isEqualTo(((ProfilesModel) parse(CUSTOMERS)).mappingDigest());
  }

  @Test
  void guardsAndScheduleThatCannotBe_areErrors() {
    assertThatThrownBy(() -> parse(CUSTOMERS + "guards: {rows_off: 0.3}\n"))
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining("\"0.3\" is not a share (allowed: 0% to 10000%)");
    assertThatThrownBy(() -> parse(CUSTOMERS + "guards: {bad_rows: 101%}\n"))
        .hasMessageContaining("(allowed: 0% to 100%)");
    assertThatThrownBy(() -> parse(CUSTOMERS + "guards: {row_off: 3%}\n"))
        .hasMessageContaining("did you mean \"rows_off\"?");
    assertThatThrownBy(() -> parse(CUSTOMERS + "schedule: {every: 6h, daily: \"03:30\"}\n"))
        .hasMessageContaining("expected either {every: 6h} or {daily:");
    assertThatThrownBy(() -> parse(CUSTOMERS + "schedule: {every: 5s}\n"))
        .hasMessageContaining("out of bounds (allowed: 60s to 30d)");
    assertThatThrownBy(() -> parse(CUSTOMERS + "schedule: {daily: 25h}\n"))
        .hasMessageContaining("\"25h\" is not a time of day");
    assertThatThrownBy(() -> parse(CUSTOMERS + "schedule: {daily: \"03:30\", zone: Berlin}\n"))
        .hasMessageContaining("\"Berlin\" is not a zone");
  }

  @Test
  void latest_isTheLastTimeThatWasDue() {
    Instant now = Instant.parse("2026-11-24T02:29:59Z");
    assertThat(new Schedule.Every(Duration.ofHours(6)).latest(now))
        .isEqualTo(Instant.parse("2026-11-24T00:00:00Z"));
    var daily = new Schedule.Daily(LocalTime.of(3, 30), ZoneId.of("Europe/Berlin"));
    assertThat(daily.latest(now)).isEqualTo(Instant.parse("2026-11-23T02:30:00Z"));
    assertThat(daily.latest(now.plusSeconds(1))).isEqualTo(Instant.parse("2026-11-24T02:30:00Z"));
    // The hour that a spring night lacks: an hour later, and once.
    var missing = new Schedule.Daily(LocalTime.of(2, 30), ZoneId.of("Europe/Berlin"));
    assertThat(missing.latest(Instant.parse("2026-03-29T12:00:00Z")))
        .isEqualTo(Instant.parse("2026-03-29T01:30:00Z"));
  }
}
