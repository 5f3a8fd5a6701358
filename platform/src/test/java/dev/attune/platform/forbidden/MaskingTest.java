package dev.attune.platform.forbidden;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import dev.attune.core.forbidden.Forbidden;
import dev.attune.platform.deadletter.MaskedDeadLetters;
import dev.attune.platform.forbidden.Masking.Place;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MaskingTest {
  private static final long SEED = 20_261_128;
  private static final String CARD = "4111111111111111";

  private static final Forbidden RULES =
      Catalog.parse(
              Yaml.parse(
                  "catalog.yaml",
                  """
                  namespaces: {user_id: {unique: true}}
                  forbidden: {card_numbers: {except: [gtin]}, fields: [diagnosis, health.notes]}
                  """))
          .forbidden();

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final Masking masking = new Masking(meters);

  private String document(String json) {
    return new String(
        masking.document(json.getBytes(StandardCharsets.UTF_8), null, RULES, Place.COLLECTOR),
        StandardCharsets.UTF_8);
  }

  private double counted(String kind, String place) {
    return meters.get("attune.masked").tags("kind", kind, "place", place).counter().count();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{`a`:{`b`:[1,`my C please`]}}|{`a`:{`b`:[1,`my [M] please`]}}",
        "{`a`:C}|{`a`:`[M]`}",
        "{`a`:-C}|{`a`:`[M]`}",
        "{`a`:4.111111111111111E15}|{`a`:`[M]`}",
        "{`a`:C.0}|{`a`:`[M]`}",
        "[`C`]|[`[M]`]",
        "{`C`:1,`4111-1111-1111-1111`:2}|{`[M]`:1,`[M]#2`:2}",
        "{`a`:`4\\u0031\\u0031\\u0031111111111111`}|{`a`:`[M]`}",
        "{`a`:`4111 1111 1111 1111`}|{`a`:`[M]`}",
        "{`gtin`:`C`,`x`:[{`GTIN`:C}]}|{`gtin`:`C`,`x`:[{`GTIN`:C}]}",
        "{`gtin`:`card C`}|{`gtin`:`card [M]`}",
      })
  void cardNumber_isMaskedWhereverItStands(String json, String masked) {
    String given = json.replace('`', '"').replace("C", CARD);
    String expected =
        masked.replace('`', '"').replace("[M]", "[masked:card_number]").replace("C", CARD);
    assertThat(document(given)).isEqualTo(expected);
    assertThat(document(expected)).as("masked again").isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{`diagnosis`:`flu`}|{`diagnosis`:`[masked:diagnosis]`}",
        "{`traits`:{`Diagnosis`:{`code`:7}}}|{`traits`:{`Diagnosis`:`[masked:diagnosis]`}}",
        "{`a`:[{`diagnosis`:[true]}]}|{`a`:[{`diagnosis`:`[masked:diagnosis]`}]}",
        "{`diagnosis`:null}|{`diagnosis`:null}",
        "{`health`:[{`notes`:1}],`notes`:2}|{`health`:[{`notes`:`[masked:health.notes]`}],`notes`:2}",
        "{`health.notes`:1}|{`health.notes`:`[masked:health.notes]`}",
      })
  void forbiddenField_isMaskedWhateverItHolds(String json, String masked) {
    String expected = masked.replace('`', '"');
    assertThat(document(json.replace('`', '"'))).isEqualTo(expected);
    assertThat(document(expected)).as("masked again").isEqualTo(expected);
  }

  @Test
  void documentWithoutAny_isTheVerySameBytes() {
    byte[] json = "{ \"a\" : 1.50, \"at\": 1763012345678901 }".getBytes(StandardCharsets.UTF_8);
    assertThat(masking.document(json, null, RULES, Place.EVENTS)).isSameAs(json);
    byte[] broken = "{ \"a\" : \u00e4".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(masking.document(broken, null, RULES, Place.EVENTS)).isSameAs(broken);
  }

  @Test
  void whatIsNotJson_losesCardNumbers_andAllOfItselfWhereItNamesAForbiddenField() {
    assertThat(document("{\"a\":\"" + CARD)).isEqualTo("{\"a\":\"[masked:card_number]");
    assertThat(document("{\"a\":\"4\\u0031\\u00311 1111 1111 1111"))
        .isEqualTo("{\"a\":\"[masked:card_number]");
    assertThat(document("{\"a\":1,\"a\":\"" + CARD + "\"}")).doesNotContain(CARD);
    assertThat(document("[".repeat(5_000) + CARD)).doesNotContain(CARD);
    assertThat(document("{\"Diag-nosis\":\"flu\""))
        .isEqualTo("[masked:diagnosis] in what is not JSON");
    assertThat(document("{\"diagnos\\u0069s\":\"flu\"")).doesNotContain("flu");
    byte[] binary = ("\u00ff\u00fe" + CARD + "\u0000").getBytes(StandardCharsets.ISO_8859_1);
    assertThat(
            new String(
                masking.document(binary, null, RULES, Place.EVENTS), StandardCharsets.ISO_8859_1))
        .isEqualTo("\u00ff\u00fe[masked:card_number]\u0000");
  }

  @Test
  void counted_byKindAndPlace() {
    document("{\"a\":[\"%1$s\",\"%1$s\"],\"diagnosis\":1}".formatted(CARD));
    masking.text("x " + CARD, RULES, Place.WAREHOUSE);
    assertThat(counted("card_number", "collector")).isEqualTo(2);
    assertThat(counted("field", "collector")).isEqualTo(1);
    assertThat(counted("card_number", "warehouse")).isEqualTo(1);
    assertThat(counted("card_number", "dead_letters")).isZero();
  }

  @Test
  void deadLetter_hasNeitherInItsKeyNorInItsValueNorInItsHeaders() {
    List<DeadLetter> kept = new ArrayList<>();
    var letters =
        new MaskedDeadLetters(
            letter -> {
              kept.add(letter);
              return CompletableFuture.completedFuture(null);
            },
            masking,
            () -> RULES);
    var _ =
        letters.send(
            DeadLetter.newBuilder()
                .setId("a")
                .setReason("a reason")
                .setKey(ByteString.copyFromUtf8(CARD))
                .setValue(ByteString.copyFromUtf8("{\"diagnosis\":\"flu\",\"a\":" + CARD + "}"))
                .addHeaders(header("trace", "c " + CARD))
                .addHeaders(header("diagnosis", "flu"))
                .addHeaders(header("h" + CARD, "v"))
                .build());
    DeadLetter letter = kept.getFirst();
    assertThat(letter.getKey().toStringUtf8()).isEqualTo("[masked:card_number]");
    assertThat(letter.getValue().toStringUtf8())
        .isEqualTo("{\"diagnosis\":\"[masked:diagnosis]\",\"a\":\"[masked:card_number]\"}");
    assertThat(letter.getHeadersList())
        .containsExactly(
            header("trace", "c [masked:card_number]"),
            header("diagnosis", "[masked:diagnosis]"),
            header("h[masked:card_number]", "v"));
    assertThat(letter.getReason()).isEqualTo("a reason");
  }

  private static ValueEntry header(String name, String value) {
    return ValueEntry.newBuilder().setKey(name).setValue(Value.newBuilder().setText(value)).build();
  }

  @Test
  void randomDocuments_loseEachHiddenNumber_andNothingElse() {
    Random random = new Random(SEED);
    for (int i = 0; i < 5_000; i++) {
      List<String> hidden = new ArrayList<>();
      JsonNode node = random(random, 4, hidden);
      byte[] json = Json.write(out -> Json.mapper().writeTree(out, node));
      byte[] masked = masking.document(json, null, RULES, Place.EVENTS);
      String text = new String(masked, StandardCharsets.UTF_8);
      String context = "seed " + SEED + ", document " + i;
      if (hidden.isEmpty()) {
        assertThat(masked).as(context).isSameAs(json);
      } else {
        assertThat(text).as(context).doesNotContain(hidden);
        assertThat(text.split("\\[masked:", -1)).as(context).hasSize(hidden.size() + 1);
        // The same tree with the masks put in by hand.
        String expected = new String(json, StandardCharsets.UTF_8);
        for (String secret : hidden) {
          expected =
              expected
                  .replace("\"" + secret + "\"", "\"#\"")
                  .replace(secret, secret.startsWith("4") ? "\"#\"" : secret);
        }
        assertThat(text.replaceAll("\\[masked:[a-z_]+]", "#")).as(context).isEqualTo(expected);
      }
    }
  }

  // Numbers as texts and as numbers, and texts in forbidden fields; each is said once.
  private static JsonNode random(Random random, int depth, List<String> hidden) {
    JsonNodeFactory nodes = JsonNodeFactory.instance;
    int kind = random.nextInt(depth == 0 ? 5 : 8);
    return switch (kind) {
      case 0 -> nodes.textNode("word " + random.nextInt(1_000));
      case 1 -> nodes.numberNode(1_700_000_000_000_000L + random.nextInt());
      case 2 -> nodes.booleanNode(random.nextBoolean());
      case 3, 4 -> {
        if (random.nextInt(6) > 0) {
          yield nodes.numberNode(random.nextDouble());
        }
        String card = card(random);
        hidden.add(card);
        yield kind == 3 ? nodes.textNode(card) : nodes.numberNode(Long.parseLong(card));
      }
      case 5 -> {
        ArrayNode list = nodes.arrayNode();
        for (int i = random.nextInt(4); i > 0; i--) {
          list.add(random(random, depth - 1, hidden));
        }
        yield list;
      }
      default -> {
        ObjectNode object = nodes.objectNode();
        for (int i = random.nextInt(4); i > 0; i--) {
          object.set("f" + random.nextInt(50), nodes.numberNode(i));
        }
        object.set("inner", random(random, depth - 1, hidden));
        if (random.nextInt(8) == 0) {
          String secret = "secret" + random.nextLong();
          hidden.add(secret);
          object.put("diagnosis", secret);
        }
        yield object;
      }
    };
  }

  private static String card(Random random) {
    String first = "4" + (10_000_000_000_000L + Math.abs(random.nextLong() % 80_000_000_000_000L));
    for (int last = 0; last < 10; last++) {
      String all = first + last;
      int sum = 0;
      for (int i = 0; i < all.length(); i++) {
        int digit = all.charAt(all.length() - 1 - i) - '0';
        sum += i % 2 == 0 ? digit : digit > 4 ? 2 * digit - 9 : 2 * digit;
      }
      if (sum % 10 == 0) {
        return all;
      }
    }
    throw new AssertionError("one of ten is right");
  }
}
