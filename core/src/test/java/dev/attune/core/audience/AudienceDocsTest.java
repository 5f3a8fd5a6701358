package dev.attune.core.audience;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.KnownGroup;
import dev.attune.proto.v1.KnownTrait;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.proto.v1.ValueObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.json.JsonMapper;

/** The examples of the documentation, and the JSON Schema for editors. */
class AudienceDocsTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final String HERE = "https://attune.invalid/";
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

  private static final String CATALOG =
      """
      namespaces: {user_id: {unique: true}, group_id: {unique: true}}
      traits:
        group_ids: {type: list}
        seats: {type: integer}
        plan: {type: string}
        age: {type: integer}
        renewal_date: {type: date}
        created_at: {type: timestamp}
      """;

  private final Map<String, String> examples = examples();
  private final AudienceSet set = set(examples);
  private final Schema schema = schema();

  private static Map<String, String> examples() {
    String docs = text(DOCS.resolve("definitions.md"));
    String section =
        docs.substring(docs.indexOf("\n## Audiences\n"), docs.indexOf("\n## Webhooks\n"));
    Map<String, String> examples = new TreeMap<>();
    Pattern.compile("```yaml\n(name: (\\S+)\n.*?)```", Pattern.DOTALL)
        .matcher(section)
        .results()
        .forEach(block -> examples.put(block.group(2), block.group(1)));
    return examples;
  }

  private static Schema schema() {
    Map<String, String> texts = new HashMap<>();
    for (String file : List.of("audience.json", "model-common.json")) {
      texts.put(HERE + file, text(DOCS.resolve("schemas").resolve(file)));
    }
    return SchemaRegistry.withDefaultDialect(
            SpecificationVersion.DRAFT_2020_12, builder -> builder.schemas(texts))
        .getSchema(SchemaLocation.of(HERE + "audience.json"));
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static AudienceSet set(Map<String, String> audiences) {
    List<Definition> definitions = new ArrayList<>();
    definitions.add(
        Definition.newBuilder()
            .setKind("catalog")
            .setId("catalog")
            .setPath("catalog.yaml")
            .setYaml(CATALOG)
            .build());
    audiences.forEach(
        (name, yaml) ->
            definitions.add(
                Definition.newBuilder()
                    .setKind("audience")
                    .setId(name)
                    .setPath("audiences/" + name + ".yaml")
                    .setYaml(yaml)
                    .build()));
    return AudienceSet.compile(Definitions.parse(definitions));
  }

  private List<String> schemaErrors(String yaml) {
    Object loaded = new Load(LoadSettings.builder().build()).loadFromString(yaml);
    return schema.validate(JsonMapper.shared().valueToTree(loaded)).stream()
        .map(String::valueOf)
        .toList();
  }

  /** Somebody, as told in a line of a test. */
  private final class Person {
    private final ProfileState state = new ProfileState(set);
    private final Map<String, Value> traits = new HashMap<>();
    private int events;

    Person with(String trait, Value value) {
      traits.put(trait, value);
      state.setTraits(traits);
      return this;
    }

    Person belongingTo(String group, String plan, int seats) {
      Value.Builder groups =
          traits.getOrDefault("group_ids", Value.getDefaultInstance()).toBuilder();
      groups.getListBuilder().addValues(text(group));
      var _ = with("group_ids", groups.build()).state.setGroups();
      var _ =
          state.answer(
              KnownGroup.newBuilder()
                  .setProfileId(ProfileIds.of(new Identifier("group_id", group)))
                  .setVersion(1)
                  .setAsked(state.encode().getGroupsAsked())
                  .addTraits(KnownTrait.newBuilder().setName("plan").setValue(text(plan)))
                  .addTraits(KnownTrait.newBuilder().setName("seats").setValue(integer(seats)))
                  .build());
      return this;
    }

    Person did(String event, Duration ago, Value properties) {
      long at = micros(NOW.minus(ago));
      assertThat(set.eventsOf(event)).as(event).isPresent();
      var _ =
          state.add(
              Event.newBuilder()
                  .setEventId("e" + events++)
                  .setName(event)
                  .setOccurredAtMicros(at)
                  .setReceivedAtMicros(at)
                  .setProperties(properties)
                  .build(),
              at);
      return this;
    }

    Person did(String event, Duration ago) {
      return did(event, ago, Value.getDefaultInstance());
    }

    boolean belongsTo(String audience) {
      return set.audience(audience).orElseThrow().evaluate(state, micros(NOW)).member();
    }
  }

  private static long micros(Instant instant) {
    return instant.toEpochMilli() * 1_000;
  }

  private static Value text(String text) {
    return Value.newBuilder().setText(text).build();
  }

  private static Value integer(long integer) {
    return Value.newBuilder().setInteger(integer).build();
  }

  private static Value number(double number) {
    return Value.newBuilder().setNumber(number).build();
  }

  private static Value time(Duration ago) {
    return Value.newBuilder().setTimestampMicros(micros(NOW.minus(ago))).build();
  }

  private static Value date(String date) {
    return Value.newBuilder().setDateDays((int) LocalDate.parse(date).toEpochDay()).build();
  }

  private static Value order(Value total) {
    return Value.newBuilder()
        .setObject(
            ValueObject.newBuilder()
                .addEntries(ValueEntry.newBuilder().setKey("currency").setValue(text("EUR")))
                .addEntries(ValueEntry.newBuilder().setKey("total").setValue(total)))
        .build();
  }

  private static Value path(String path) {
    return properties("path", text(path));
  }

  private static Value properties(String name, Value value) {
    return Value.newBuilder()
        .setObject(
            ValueObject.newBuilder()
                .addEntries(ValueEntry.newBuilder().setKey(name).setValue(value)))
        .build();
  }

  private static Value review(int stars) {
    Value text = properties("text", text("so"));
    return text.toBuilder()
        .setObject(
            text.getObject().toBuilder()
                .addEntries(0, ValueEntry.newBuilder().setKey("stars").setValue(integer(stars))))
        .build();
  }

  @Test
  void examples_sayWhoBelongs_andWhoDoesNot() {
    Duration day = Duration.ofDays(1);
    Value yes = Value.newBuilder().setBoolean(true).build();
    Map<String, List<Person>> people = new TreeMap<>();
    people.put(
        "frequent-buyers",
        List.of(
            adultOnPro()
                .with("consent.marketing", yes)
                .did("Order Completed", day)
                .did("Order Completed", day.multipliedBy(29)),
            adultOnPro().did("Order Completed", day).did("Order Completed", day)));
    people.put("adults-on-pro", List.of(adultOnPro(), new Person().with("plan", text("pro"))));
    people.put(
        "works-for-a-customer",
        List.of(
            new Person().belongingTo("acme", "free", 90).belongingTo("umbrella", "enterprise", 50),
            new Person()
                .with("plan", text("enterprise"))
                .with("seats", integer(90))
                .belongingTo("acme", "free", 90)
                .belongingTo("umbrella", "enterprise", 49)));
    people.put(
        "came-back-twice",
        List.of(
            new Person().did("Page Viewed", day).did("Page Viewed", day).did("Page Viewed", day),
            new Person().did("Page Viewed", day).did("Page Viewed", day)));
    people.put(
        "large-order-lately",
        List.of(
            new Person()
                .did("Order Completed", day, order(Value.newBuilder().setNumber(100.5).build())),
            new Person()
                .did("Order Completed", day, order(integer(99)))
                .did("Order Completed", day, order(text("1000")))
                .did("Order Completed", day)));
    people.put(
        "left-at-the-checkout",
        List.of(
            new Person()
                .did("Page Viewed", Duration.ofHours(2).minusMillis(1), path("/checkout"))
                .did("Page Viewed", day, path("/")),
            new Person()
                .did("Page Viewed", Duration.ofMinutes(1), path("/"))
                .did("Page Viewed", Duration.ofMinutes(2), path("/checkout"))));
    people.put(
        "came-by-an-ad",
        List.of(
            new Person()
                .did("Page Viewed", day.multipliedBy(30))
                .did("Page Viewed", day.multipliedBy(29), properties("campaign", text("spring")))
                .did("Page Viewed", day),
            new Person()
                .did("Page Viewed", day.multipliedBy(29))
                .did("Page Viewed", day, properties("campaign", text("spring")))));
    people.put(
        "spent-much",
        List.of(
            new Person()
                .did("Order Completed", day, order(number(0.1)))
                .did("Order Completed", day, order(number(0.2)))
                .did("Order Completed", day, order(number(499.7))),
            new Person()
                .did("Order Completed", day, order(number(499.999999)))
                .did("Order Completed", day, order(text("1000")))
                .did("Order Completed", day.multipliedBy(90), order(integer(1000)))));
    people.put(
        "unhappy",
        List.of(
            new Person()
                .did("Review Written", day, review(3))
                .did("Review Written", day, review(2)),
            new Person()
                .did("Review Written", day, review(3))
                .did("Review Written", day, properties("stars", integer(1))),
            new Person()));
    people.put(
        "never-paid-much",
        List.of(
            new Person()
                .did("Order Completed", day, order(integer(5)))
                .did("Order Completed", day, order(number(19.99))),
            new Person()
                .did("Order Completed", day, order(integer(4)))
                .did("Order Completed", day, order(integer(19))),
            new Person()));
    people.put(
        "browses-widely",
        List.of(
            new Person()
                .did("Product Viewed", day, properties("category", text("hats")))
                .did("Product Viewed", day, properties("category", text("2")))
                .did("Product Viewed", day, properties("category", integer(2))),
            new Person()
                .did("Product Viewed", day, properties("category", text("hats")))
                .did("Product Viewed", day, properties("category", number(2)))
                .did("Product Viewed", day, properties("category", integer(2)))
                .did("Product Viewed", day)));
    people.put(
        "bought-last-quarter",
        List.of(
            new Person()
                .did("Order Completed", day.multipliedBy(30))
                .did("Order Completed", day.multipliedBy(90).minusMillis(1))
                .did("Order Completed", day),
            new Person()
                .did("Order Completed", day.multipliedBy(30).minusMillis(1))
                .did("Order Completed", day.multipliedBy(31))
                .did("Order Completed", day.multipliedBy(90))));
    people.put(
        "stayed-away",
        List.of(
            new Person()
                .did("Page Viewed", day.multipliedBy(100))
                .did("Page Viewed", day.multipliedBy(30)),
            new Person().did("Page Viewed", day.multipliedBy(30)).did("Page Viewed", day)));
    people.put(
        "bought-from-the-cart",
        List.of(
            new Person()
                .did("Product Added", day.plusHours(1))
                .did("Order Completed", day, order(integer(1))),
            new Person()
                .did("Product Added", day.plusHours(1))
                .did("Cart Emptied", day.plusMinutes(1))
                .did("Order Completed", day, order(integer(1))),
            new Person()
                .did("Product Added", day.plusHours(1).plusMillis(1))
                .did("Order Completed", day, order(integer(1))),
            new Person()
                .did("Order Completed", day.plusHours(1), order(integer(1)))
                .did("Product Added", day)));
    people.put(
        "bought-this-year",
        List.of(
            new Person().did("Order Completed", day.multipliedBy(300)),
            new Person().did("Order Completed", day.multipliedBy(330))));
    people.put(
        "buyers-to-win-over",
        List.of(
            new Person().did("Order Completed", day), adultOnPro().did("Order Completed", day)));
    people.put(
        "renews-soon",
        List.of(
            new Person().with("renewal_date", date("2026-11-20")),
            new Person().with("renewal_date", date("2026-11-19"))));
    people.put(
        "new-here",
        List.of(
            new Person().with("created_at", time(day.multipliedBy(29))),
            new Person().with("created_at", time(day.multipliedBy(30)))));
    people.put(
        "quiet-or-new",
        List.of(
            new Person(),
            new Person().did("Page Viewed", day).with("created_at", time(day.multipliedBy(2)))));

    assertThat(examples.keySet()).isEqualTo(people.keySet());
    people.forEach(
        (name, pair) -> {
          assertThat(schemaErrors(String.valueOf(examples.get(name)))).as(name).isEmpty();
          assertThat(pair.stream().map(person -> person.belongsTo(name)))
              .as("%s: the first one and nobody else", name)
              .startsWith(true)
              .containsOnlyOnce(true);
        });
  }

  private Person adultOnPro() {
    return new Person().with("plan", text("pro")).with("age", integer(18 + 1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{event: X, within: 1d}",
        "{event: 42, within: 01d}",
        "{event: X, count: '>=2', within: 1000 ms}",
        "{event: X, count: ' == 064 ', since: 1970-01-01}",
        "{event: X, since: 2026-01-31t09:00:00z}",
        "{event: X, last: properties.a == 1, within: 1d}",
        "{event: X, where: true, since: '2026-01-31T09:00:00.5+01:00'}",
        "{event: X, first: properties.a == 1, ago: [1d, 2d]}",
        "{event: X, sum: properties.a.b >= -1.5, where: properties.c, within: 1d}",
        "{event: X, distinct: ' properties.a==500 ', since: 2026-01-31}",
        "{sequence: [{event: X}, {event: X, where: true, within: 1h}], ago: [1s, 2s]}",
        "{sequence: [{event: X}, {event: Y}], without: [{event: X, where: properties.a > 1}], within: 1d}",
        "{trait: true}",
        "{group: traits.plan == 'pro'}",
        "{not: {date: created_at, last: 1h}}",
        "{any: [{date: renewal_date, next: 3650d}]}",
      })
  void condition_thatIsTaken_isValid(String condition) {
    String yaml = "name: a\nwhen: " + condition + "\n";
    assertThat(schemaErrors(yaml)).isEmpty();
    assertThat(set(Map.of("a", yaml)).audience("a")).isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{event: X}",
        "{event: X, within: 1d, since: 2026-01-31}",
        "{event: X, since: yesterday}",
        "{event: X, within: 30}",
        "{event: X, count: '>= 65', within: 1d}",
        "{event: X, count: 2, within: 1d}",
        "{event: '', within: 1d}",
        "{evnt: X, within: 1d}",
        "{event: X, trait: traits.age > 3, within: 1d}",
        "{trait: traits.age > 3, within: 1d}",
        "{group: traits.plan == 'pro', trait: traits.age > 3}",
        "{group: [traits.age > 3]}",
        "{audience: A b}",
        "{date: created_at}",
        "{date: created_at, next: 1d, last: 1d}",
        "{date: created_at, next: 0s}",
        "{event: X, within: 500ms}",
        "{event: X, last: properties.a == 1}",
        "{event: X, last: properties.a == 1, where: properties.a == 1, within: 1d}",
        "{event: X, last: properties.a == 1, count: '> 1', within: 1d}",
        "{event: X, next: 1d, within: 1d}",
        "{event: X, count: '>= 0000064', within: 1d}",
        "{event: X, since: 0026-01-31}",
        "{event: X, sum: properties.a >= 1, count: '> 1', within: 1d}",
        "{event: X, sum: properties.a >= 1.1234567, within: 1d}",
        "{event: X, sum: total >= 1, within: 1d}",
        "{event: X, max: properties.a, within: 1d}",
        "{event: X, distinct: properties.a >= 501, within: 1d}",
        "{event: X, distinct: properties.a >= 1.5, within: 1d}",
        "{event: X, ago: 1d}",
        "{event: X, ago: [1d]}",
        "{event: X, ago: [1d, 2d], within: 1d}",
        "{event: X, sum: properties.a >= 1000000000001, within: 1d}",
        "{event: X, distinct: properties.a > 500, within: 1d}",
        "{event: X, distinct: properties.a >= -0, within: 1d}",
        "{sequence: [{event: X, within: 1h}, {event: Y}], within: 1d}",
        "{sequence: [{event: X}], within: 1d}",
        "{sequence: [{event: X}, {event: Y}]}",
        "{sequence: [{event: X}, {event: Y, count: '> 1'}], within: 1d}",
        "{sequence: [{event: X}, {event: Y}], without: [], within: 1d}",
        "{all: []}",
        "{not: [{event: X, within: 1d}]}",
        "{}",
      })
  void condition_thatIsRefused_isNotValid(String condition) {
    String yaml = "name: a\nwhen: " + condition + "\n";
    assertThat(schemaErrors(yaml)).isNotEmpty();
    assertThatThrownBy(() -> set(Map.of("a", yaml))).isInstanceOf(DefinitionException.class);
  }
}
