package dev.attune.core.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Yaml;
import dev.attune.proto.v1.Definition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.json.JsonMapper;

/** What a stream may say, and that the JSON Schema which editors use says the same. */
class StreamDefinitionTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final String HERE = "https://schemas.example.org/";
  private static final JsonMapper JSON = new JsonMapper();
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```yaml\\R(.*?)^```$");

  private static final String HEAD = "name: a\ntopic: shop.orders\nformat: json\n";
  private static final String USER = "identifiers: {user_id: u}\n";
  private static final String TRACK = HEAD + "call: track\nevent: Order Completed\n" + USER;
  private static final String PAGE = HEAD + "call: page\n" + USER;
  private static final String IDENTIFY = HEAD + "call: identify\n" + USER;
  private static final String GROUP =
      HEAD + "call: group\nidentifiers: {anonymous_id: u, group_id: g}\n";
  private static final String ALIAS = HEAD + "call: alias\n" + USER + "previous_id: p\n";
  private static final String ANY = HEAD + "call: {field: type}\n" + USER;

  private final Schema schema;

  StreamDefinitionTest() throws IOException {
    Map<String, String> texts = new HashMap<>();
    for (String file : List.of("stream.json", "model-common.json")) {
      texts.put(HERE + file, Files.readString(DOCS.resolve("schemas").resolve(file)));
    }
    schema =
        SchemaRegistry.withDefaultDialect(
                SpecificationVersion.DRAFT_2020_12, builder -> builder.schemas(texts))
            .getSchema(SchemaLocation.of(HERE + "stream.json"));
  }

  private List<String> schemaErrors(String yaml) {
    Object loaded = new Load(LoadSettings.builder().build()).loadFromString(yaml);
    return schema.validate(JSON.valueToTree(loaded)).stream().map(String::valueOf).toList();
  }

  private static StreamDefinition parse(String yaml) {
    return StreamDefinition.parse(Yaml.parse("streams/a.yaml", yaml), Catalog.DEFAULT);
  }

  static List<String> accepted() {
    return List.of(
        TRACK,
        TRACK + "description: of the shop\nstart: earliest\nid: order_id\n",
        TRACK + "time: {field: at.created, unit: seconds}\nproperties: all\n",
        TRACK + "time: at\nproperties: {total: amount.value, currency: 7}\n",
        TRACK.replace("Order Completed", "{field: name}") + "properties: order.lines\n",
        PAGE + "properties: all\nstart: latest\n",
        PAGE.replace("page", "screen"),
        IDENTIFY + "traits: {plan: plan}\n",
        GROUP + "traits: all\n",
        ALIAS,
        ANY,
        ANY + "event: Seen\nprevious_id: p\nproperties: a\ntraits: b.c\n");
  }

  @ParameterizedTest
  @MethodSource("accepted")
  void stream_thatIsTaken_isValid(String yaml) {
    assertThat(parse(yaml)).isNotNull();
    assertThat(schemaErrors(yaml)).isEmpty();
  }

  static List<String> rejected() {
    List<String> rejected = new ArrayList<>();
    for (String stream : List.of(TRACK, PAGE, IDENTIFY, GROUP, ALIAS, ANY)) {
      rejected.addAll(
          List.of(
              stream.replace("name: a\n", ""),
              stream.replace("name: a\n", "name: A b\n"),
              stream.replace("name: a\n", "name: " + "a".repeat(65) + "\n"),
              stream.replace("topic: shop.orders\n", ""),
              stream.replace("shop.orders", "shop/orders"),
              stream.replace("shop.orders", ".."),
              stream.replace("shop.orders", "a".repeat(250)),
              stream.replace("format: json\n", ""),
              stream.replace("format: json", "format: xml"),
              stream.replaceFirst("call: .*\n", ""),
              stream.replaceFirst("call: .*\n", "call: purchase\n"),
              stream.replaceFirst("call: .*\n", "call: {column: a}\n"),
              stream.replaceFirst("identifiers: .*\n", ""),
              stream.replaceFirst("identifiers: .*\n", "identifiers: {email: e}\n"),
              stream.replaceFirst("identifiers: .*\n", "identifiers: {user_id: a..b}\n"),
              stream + "start: now\n",
              stream + "time: {unit: seconds}\n",
              stream + "time: {field: a, unit: s}\n",
              stream + "time: .a\n",
              stream + "id: \" \"\n",
              stream + "id: " + "a.".repeat(20) + "a\n",
              stream + "properties: {}\n",
              stream + "properties: [a]\n",
              stream + "traits: {\" \": a}\n",
              stream + "unknown: 1\n"));
    }
    rejected.addAll(
        List.of(
            TRACK.replaceFirst("event: .*\n", ""),
            TRACK.replaceFirst("event: .*\n", "event: \" \"\n"),
            TRACK + "traits: all\n",
            TRACK + "previous_id: p\n",
            PAGE + "event: Seen\n",
            PAGE + "traits: all\n",
            IDENTIFY + "event: Seen\n",
            IDENTIFY + "properties: all\n",
            GROUP.replace(", group_id: g", ""),
            GROUP + "properties: all\n",
            ALIAS.replaceFirst("previous_id: .*\n", ""),
            ALIAS.replace("user_id", "anonymous_id"),
            ALIAS + "traits: all\n"));
    return rejected;
  }

  @ParameterizedTest
  @MethodSource("rejected")
  void stream_thatIsRefused_isNotValid(String yaml) {
    String said = "";
    try {
      parse(yaml);
    } catch (DefinitionException e) {
      said = String.valueOf(e.getMessage());
    }
    assertThat(said).as("the parser refuses, and says where").startsWith("streams/a.yaml:");
    assertThat(schemaErrors(yaml)).as("the schema refuses: " + said).isNotEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "user_id: u|user_id: u, cookie: c|the catalog declares no namespace \"cookie\" (allowed:"
            + " user_id, email, anonymous_id, group_id)",
        "user_id: u|user_id: u, emial: c|the catalog declares no namespace \"emial\" (allowed:"
            + " user_id, email, anonymous_id, group_id); did you mean \"email\"?",
        "user_id: u|email: e|neither user_id nor anonymous_id (one is needed)",
        "call: track|call: identify|\"event\" has no place in a stream whose call is identify",
        "topic: shop.orders|topic: a b|not a topic's name (allowed: letters, digits, ., _ and -,"
            + " at most 249)",
      })
  void complaint_saysWhatIsAllowed(String right, String wrong, String said) {
    assertThatThrownBy(() -> parse(TRACK.replace(right, wrong)))
        .isInstanceOf(DefinitionException.class)
        .hasMessageMatching("streams/a.yaml:\\d+:\\d+: " + Pattern.quote(said));
  }

  @Test
  void documentedStreams_areTakenByBoth() throws IOException {
    List<String> documented = new ArrayList<>();
    for (Path page : List.of(DOCS.resolve("definitions.md"), DOCS.resolve("events.md"))) {
      Matcher blocks = BLOCK.matcher(Files.readString(page));
      while (blocks.find()) {
        if (blocks.group(1).startsWith("name: ") && blocks.group(1).contains("\ntopic: ")) {
          documented.add(blocks.group(1));
        }
      }
    }
    assertThat(documented).as("there is an example").isNotEmpty();
    for (String yaml : documented) {
      assertThat(parse(yaml)).isNotNull();
      assertThat(schemaErrors(yaml)).as(yaml).isEmpty();
    }
  }

  @Test
  void moreStreamsThanAllowed_areRefused() {
    List<Definition> streams =
        IntStream.rangeClosed(0, StreamDefinition.STREAMS_MAX)
            .mapToObj(
                i ->
                    Definition.newBuilder()
                        .setKind("stream")
                        .setId("a" + i)
                        .setPath("streams/a" + i + ".yaml")
                        .setYaml(TRACK.replace("name: a\n", "name: a" + i + "\n"))
                        .build())
            .toList();
    assertThat(Definitions.parse(streams.subList(1, streams.size())).streams())
        .hasSize(StreamDefinition.STREAMS_MAX);
    assertThatThrownBy(() -> Definitions.parse(streams)).hasMessage("51 streams (allowed: 50)");
  }
}
