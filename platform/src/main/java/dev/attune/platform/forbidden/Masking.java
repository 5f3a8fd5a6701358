package dev.attune.platform.forbidden;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.forbidden.FieldPath;
import dev.attune.core.forbidden.Forbidden;
import dev.attune.platform.http.InvalidJsonException;
import dev.attune.platform.http.Json;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes forbidden data out of what comes in, and counts it in {@code attune.masked} by kind and
 * place. Safe for use by many threads. What is masked stays as it is when it is masked again.
 */
public final class Masking {
  /** Where something was masked. */
  public enum Place {
    /** What HTTP senders brought. */
    COLLECTOR,
    /** What stood on the log: users' own producers write there. */
    EVENTS,
    /** Records of users' own topics. */
    STREAMS,
    /** Cells of a warehouse's tables. */
    WAREHOUSE,
    /** What could not be processed. */
    DEAD_LETTERS
  }

  private static final Pattern ESCAPE = Pattern.compile("\\\\u([0-9a-fA-F]{4})");

  private final Map<Place, Counter> cards;
  private final Map<Place, Counter> fields;

  public Masking(MeterRegistry meters) {
    cards = counters(meters, "card_number");
    fields = counters(meters, "field");
  }

  private static Map<Place, Counter> counters(MeterRegistry meters, String kind) {
    Map<Place, Counter> counters = new EnumMap<>(Place.class);
    for (Place place : Place.values()) {
      counters.put(
          place,
          Counter.builder("attune.masked")
              .description("Forbidden values that were masked before anything was stored")
              .tag("kind", kind)
              .tag("place", place.name().toLowerCase(Locale.ROOT))
              .register(meters));
    }
    return counters;
  }

  /** Counts values that were masked elsewhere. */
  public void count(Place place, long cardNumbers, long fieldValues) {
    count(cards, place, cardNumbers);
    count(fields, place, fieldValues);
  }

  private static void count(Map<Place, Counter> counters, Place place, long many) {
    Counter counter = counters.get(place);
    if (many > 0 && counter != null) {
      counter.increment((double) many);
    }
  }

  /** A document without what is forbidden; an object or list is changed in place. */
  public JsonNode json(JsonNode document, Forbidden rules, Place place) {
    if (rules.isEmpty()) {
      return document;
    }
    JsonMask mask = new JsonMask(rules);
    JsonNode masked = mask.mask(document, null, "");
    count(place, mask.cards(), mask.fields());
    return masked;
  }

  /** A text without card numbers; the very same text when it has none. */
  public String text(String text, Forbidden rules, Place place) {
    String masked = rules.text(text);
    if (!masked.equals(text)) {
      count(place, 1, 0);
    }
    return masked;
  }

  /**
   * A document without what is forbidden, whether it is JSON or not; the very same bytes when there
   * is nothing.
   *
   * <p>What is not JSON has no fields to be told apart. If it speaks of a forbidden one, nothing of
   * it is kept.
   *
   * @param at what the document is the value of; null: of nothing
   */
  public byte[] document(byte[] document, @Nullable FieldPath at, Forbidden rules, Place place) {
    if (rules.isEmpty()) {
      return document;
    }
    JsonNode node;
    try {
      node = Json.parseLarge(document);
    } catch (InvalidJsonException e) {
      return unreadable(document, rules, place);
    }
    JsonMask mask = new JsonMask(rules);
    JsonNode masked =
        at == null ? mask.mask(node, null, "") : mask.mask(node, at.parent(), at.name());
    if (mask.cards() + mask.fields() == 0) {
      return document;
    }
    count(place, mask.cards(), mask.fields());
    return Json.write(json -> Json.mapper().writeTree(json, masked));
  }

  /** Bytes that are a text, such as a key, without card numbers. */
  public byte[] text(byte[] bytes, Forbidden rules, Place place) {
    Charset charset = charset(bytes);
    String text = new String(bytes, charset);
    String masked = text(text, rules, place);
    return masked.equals(text) ? bytes : masked.getBytes(charset);
  }

  private byte[] unreadable(byte[] document, Forbidden rules, Place place) {
    Charset charset = charset(document);
    String text = new String(document, charset);
    // A digit or a name may be written as an escape.
    String plain =
        ESCAPE
            .matcher(text)
            .replaceAll(
                escape -> {
                  char c = (char) Integer.parseInt(escape.group(1), 16);
                  return c < ' ' || c == '\\' || c == '$' ? "?" : String.valueOf(c);
                });
    Optional<String> field = rules.fields().mentionedIn(plain);
    if (field.isPresent()) {
      count(place, 0, 1);
      return (Forbidden.mask(field.get()) + " in what is not JSON")
          .getBytes(StandardCharsets.UTF_8);
    }
    String masked = text(plain, rules, place);
    return masked.equals(plain) ? document : masked.getBytes(charset);
  }

  private static Charset charset(byte[] bytes) {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return StandardCharsets.UTF_8;
    } catch (CharacterCodingException e) {
      return StandardCharsets.ISO_8859_1;
    }
  }
}
