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
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.EvaluatorState;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.proto.v1.ValueObject;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.json.JsonMapper;

/** What computed traits come to, beside a plain look at all events; and what is no such trait. */
class ComputedTraitTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final String HERE = "https://attune.invalid/";
  private static final long NOW = 1_763_640_000_000_000L;
  private static final long MINUTE = 60_000_000L;
  private static final String CATALOG =
      "namespaces: {user_id: {unique: true}}\ntraits: {plan: {type: string}}\n";

  private static final Map<String, String> TRAITS =
      Map.ofEntries(
          Map.entry("a_count", "count: true, within: 60m"),
          Map.entry("b_sum", "sum: properties.n, within: 60m"),
          Map.entry("c_average", "average: properties.n, within: 60m"),
          Map.entry("d_min", "min: properties.n, ago: [10m, 60m]"),
          Map.entry("e_max", "max: properties.n, within: 60m"),
          Map.entry("f_distinct", "distinct: properties.text, within: 60m"),
          Map.entry("g_first", "first: properties.text, type: string, within: 60m"),
          Map.entry("h_last", "last: properties.text, type: string, within: 60m"),
          Map.entry("i_last_ago", "last: properties.n, type: integer, ago: [10m, 60m]"));

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setVersion(1)
        .setPath(kind + "s/" + id + ".yaml")
        .setYaml(yaml)
        .build();
  }

  private static Definitions definitions(Map<String, String> traits, String... audiences) {
    List<Definition> definitions = new ArrayList<>();
    definitions.add(definition("catalog", "catalog", CATALOG));
    traits.forEach((name, yaml) -> definitions.add(definition("trait", name, yaml)));
    for (String audience : audiences) {
      definitions.add(definition("audience", "a" + definitions.size(), audience));
    }
    return Definitions.parse(definitions);
  }

  private static AudienceSet all() {
    Map<String, String> files = new HashMap<>();
    TRAITS.forEach(
        (name, asks) -> files.put(name, "{name: " + name + ", event: Bought, " + asks + "}\n"));
    return AudienceSet.compile(definitions(files));
  }

  /** An event as a test knows it. */
  private record Done(String id, String via, long at, int number, String text) {
    Event event() {
      return Event.newBuilder()
          .setEventId(id)
          .setName("Bought")
          .setVia(new Identifier("user_id", via).toProto())
          .setOccurredAtMicros(at)
          .setReceivedAtMicros(at)
          .setProperties(
              Value.newBuilder()
                  .setObject(
                      ValueObject.newBuilder()
                          .addEntries(
                              ValueEntry.newBuilder()
                                  .setKey("n")
                                  .setValue(Value.newBuilder().setInteger(number)))
                          .addEntries(
                              ValueEntry.newBuilder()
                                  .setKey("text")
                                  .setValue(Value.newBuilder().setText(text)))))
          .build();
    }
  }

  // As somebody would compute it who has all events before them.
  private static Optional<Value> plain(String trait, List<Done> done, long now) {
    long youngest =
        trait.equals("d_min") || trait.equals("i_last_ago") ? 10 * MINUTE : Long.MIN_VALUE;
    List<Done> in =
        done.stream()
            .filter(d -> d.at() > now - 60 * MINUTE)
            .filter(d -> youngest == Long.MIN_VALUE || d.at() <= now - youngest)
            .sorted(Comparator.comparingLong(Done::at))
            .toList();
    BigDecimal sum =
        in.stream()
            .map(d -> BigDecimal.valueOf(d.number()))
            .reduce(BigDecimal.ZERO, BigDecimal::add);
    return switch (trait) {
      case "a_count" -> integer(in.size());
      case "b_sum" -> number(sum.doubleValue());
      case "c_average" ->
          in.isEmpty()
              ? Optional.empty()
              : number(
                  sum.divide(BigDecimal.valueOf(in.size()), MathContext.DECIMAL64).doubleValue());
      case "d_min" ->
          in.stream().min(Comparator.comparingInt(Done::number)).flatMap(d -> number(d.number()));
      case "e_max" ->
          in.stream().max(Comparator.comparingInt(Done::number)).flatMap(d -> number(d.number()));
      case "f_distinct" -> integer(in.stream().map(Done::text).distinct().count());
      case "g_first" -> in.isEmpty() ? Optional.empty() : text(in.getFirst().text());
      case "h_last" -> in.isEmpty() ? Optional.empty() : text(in.getLast().text());
      default -> in.isEmpty() ? Optional.empty() : integer(in.getLast().number());
    };
  }

  private static Optional<Value> integer(long value) {
    return Optional.of(Value.newBuilder().setInteger(value).build());
  }

  private static Optional<Value> number(double value) {
    return Optional.of(Value.newBuilder().setNumber(value).build());
  }

  private static Optional<Value> text(String value) {
    return Optional.of(Value.newBuilder().setText(value).build());
  }

  @Test
  void values_areThoseOfAPlainLookAtAllEvents_alsoAfterMergesSplitsAndStoring() throws Exception {
    AudienceSet set = all();
    for (int seed = 0; seed < 400; seed++) {
      var random = new Random(seed);
      var state = new ProfileState(set);
      var other = new ProfileState(set);
      List<Done> mine = new ArrayList<>();
      List<Done> theirs = new ArrayList<>();
      int events = random.nextInt(30);
      for (int i = 0; i < events; i++) {
        // No two at one time: which of them is the newest is a matter of their ids then.
        var done =
            new Done(
                "e" + i,
                "u" + random.nextInt(3),
                NOW - random.nextInt(120) * MINUTE - i,
                random.nextInt(7) - 3,
                "t" + random.nextInt(4));
        boolean here = random.nextBoolean();
        (here ? mine : theirs).add(done);
        for (int copies = 1 + random.nextInt(2); copies > 0; copies--) {
          var _ = (here ? state : other).add(done.event(), NOW);
        }
      }
      compare(set, state, mine, NOW, seed);
      var _ = state.merge(EvaluatorState.parseFrom(other.encode().toByteArray()), NOW);
      mine.addAll(theirs);
      ProfileState stored =
          ProfileState.decode(EvaluatorState.parseFrom(state.encode().toByteArray()), set);
      long later = NOW + random.nextInt(70) * MINUTE;
      compare(set, stored, mine, later, seed);
      EvaluatorState left = stored.split(List.of(new Identifier("user_id", "u1")));
      List<Done> away = mine.stream().filter(d -> d.via().equals("u1")).toList();
      mine.removeAll(away);
      compare(set, stored, mine, later, seed);
      var apart = new ProfileState(set);
      var _ = apart.merge(EvaluatorState.parseFrom(left.toByteArray()), later);
      compare(set, apart, away, later, seed);
    }
  }

  private static void compare(
      AudienceSet set, ProfileState state, List<Done> done, long now, int seed) {
    for (CompiledTrait trait : set.computed()) {
      CompiledTrait.Result result = trait.compute(state, now);
      assertThat(result.value())
          .as("%s, seed %d", trait.name(), seed)
          .isEqualTo(plain(trait.name(), done, now));
      // Until it says so, nothing changes by time alone.
      long flip = result.flipMicros();
      long until = flip == 0 ? now + 200 * MINUTE : flip;
      assertThat(plain(trait.name(), done, until - 1))
          .as("%s before it flips, seed %d", trait.name(), seed)
          .isEqualTo(result.value());
    }
  }

  @Test
  void values_thatNoEventHasAnyMore_areNotKept() {
    AudienceSet set = all();
    var state = new ProfileState(set);
    for (int i = 0; i < 3; i++) {
      var _ = state.add(new Done("e" + i, "u", NOW, 1, "text" + i).event(), NOW);
    }
    assertThat(state.encode().getValuesCount()).isEqualTo(4);
    long later = NOW + 30L * 24 * 60 * MINUTE;
    state.forget(later);
    assertThat(state.encode().getValuesCount()).isZero();
  }

  @Test
  void value_ofAnotherType_orTooLong_isNone() {
    AudienceSet set =
        AudienceSet.compile(
            definitions(
                Map.of(
                    "t",
                    "{name: t, event: Bought, last: properties.text, type: integer, within: 1h}")));
    var state = new ProfileState(set);
    var _ = state.add(new Done("e1", "u", NOW, 1, "seven").event(), NOW);
    CompiledTrait trait = set.computed().iterator().next();
    assertThat(trait.compute(state, NOW).value()).isEmpty();
  }

  @Test
  void eventWithAValueThatIsTooLong_doesNotCount() {
    AudienceSet set = all();
    CompiledTrait last = set.computed("#h_last").orElseThrow();
    var state = new ProfileState(set);
    var _ = state.add(new Done("e1", "u", NOW, 1, "x".repeat(300)).event(), NOW);
    assertThat(last.compute(state, NOW).value()).isEmpty();
    var _ = state.add(new Done("e2", "u", NOW - MINUTE, 1, "tea").event(), NOW);
    assertThat(last.compute(state, NOW).value()).isEqualTo(text("tea"));
  }

  @Test
  void values_ofManyEvents_areKeptOnlyWhereTheyCanDecide() {
    AudienceSet set =
        AudienceSet.compile(
            definitions(
                Map.of(
                    "t",
                    "{name: t, event: Bought, last: properties.text, type: string, within: 1h}")));
    var state = new ProfileState(set);
    for (int i = 0; i < 900; i++) {
      var _ = state.add(new Done("e" + i, "u", NOW + i, 1, "text" + i).event(), NOW);
    }
    EvaluatorState stored = state.encode();
    assertThat(stored.getValuesCount()).isEqualTo(32);
    ProfileState read = ProfileState.decode(stored, set);
    assertThat(set.computed("#t").orElseThrow().compute(read, NOW + 900).value())
        .isEqualTo(text("text899"));
  }

  @Test
  void audience_mayAskForIt_andNamesTheNearestWhenItIsMisspelt() {
    Map<String, String> traits =
        Map.of(
            "orders_30d", "{name: orders_30d, event: Order Completed, count: true, within: 30d}");
    AudienceSet set =
        AudienceSet.compile(
            definitions(traits, "name: a2\nwhen: {trait: traits.orders_30d >= 2}\n"));
    assertThat(set.audience("a2").orElseThrow().traits()).containsExactly("orders_30d");
    assertThatThrownBy(
            () -> definitions(traits, "name: a2\nwhen: {trait: traits.orders_3d >= 2}\n"))
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining("did you mean \"orders_30d\"?");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{name: t, event: E, within: 1d}|exactly one of count, sum, average, min, max, distinct, first, last (found none)",
        "{name: t, event: E, count: true, sum: properties.n, within: 1d}|(found count, sum)",
        "{name: t, event: E, count: false, within: 1d}|\"count\" of a computed trait is true",
        "{name: t, event: E, sum: total, within: 1d}|\"total\" is not a property",
        "{name: t, event: E, last: properties.n, within: 1d}|type",
        "{name: t, event: E, last: properties.n, type: list, within: 1d}|list",
        "{name: t, event: E, sum: properties.n, type: number, within: 1d}|goes with first and last alone",
        "{name: plan, event: E, count: true, within: 1d}|the catalog declares a trait \"plan\" already",
        "{name: a-b, event: E, count: true, within: 1d}|is not a trait name",
        "{name: t, event: E, count: true}|needs \"within\"",
        "{name: t, event: E, count: true, within: 1d, wher: x}|did you mean \"where\"?"
      })
  void file_thatIsNoComputedTrait_isRefusedWithASentence(String line) throws Exception {
    String yaml = line.substring(0, line.indexOf('|'));
    String message = line.substring(line.indexOf('|') + 1);
    assertThatThrownBy(() -> definitions(Map.of("t", yaml)))
        .isInstanceOf(DefinitionException.class)
        .hasMessageStartingWith("traits/t.yaml:1:")
        .hasMessageContaining(message);
    if (!yaml.contains("plan")) {
      assertThat(schemaErrors(yaml)).as("the schema takes it").isNotEmpty();
    }
  }

  @Test
  void examplesOfTheDocumentation_areComputedTraits() throws Exception {
    String docs = Files.readString(DOCS.resolve("definitions.md"));
    String section =
        docs.substring(docs.indexOf("\n## Computed traits\n"), docs.indexOf("\n## Audiences\n"));
    Map<String, String> examples = new HashMap<>();
    Pattern.compile("```yaml\n(name: (\\S+)[^\n]*\n.*?)```", Pattern.DOTALL)
        .matcher(section)
        .results()
        .forEach(block -> examples.put(block.group(2), block.group(1)));
    assertThat(examples.keySet())
        .containsExactlyInAnyOrder("spent_90d", "orders_30d", "last_category");
    assertThat(definitions(examples).computed()).hasSize(3);
    for (String yaml : examples.values()) {
      assertThat(schemaErrors(yaml)).isEmpty();
    }
    for (var trait : TRAITS.entrySet()) {
      assertThat(schemaErrors("{name: t, event: E, " + trait.getValue() + "}")).isEmpty();
    }
  }

  private static List<String> schemaErrors(String yaml) throws IOException {
    Map<String, String> texts = new HashMap<>();
    for (String file : List.of("trait.json", "audience.json", "model-common.json")) {
      texts.put(HERE + file, Files.readString(DOCS.resolve("schemas").resolve(file)));
    }
    Schema schema =
        SchemaRegistry.withDefaultDialect(
                SpecificationVersion.DRAFT_2020_12, builder -> builder.schemas(texts))
            .getSchema(SchemaLocation.of(HERE + "trait.json"));
    Object loaded = new Load(LoadSettings.builder().build()).loadFromString(yaml);
    return schema.validate(JsonMapper.shared().valueToTree(loaded)).stream()
        .map(String::valueOf)
        .toList();
  }
}
