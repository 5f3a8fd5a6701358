package dev.attune.core.forbidden;

import dev.attune.core.definition.Yaml;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What must not be stored, whoever sends it. In its place stands a mask that says what was there,
 * and nothing of it: {@code [masked:card_number]}, {@code [masked:diagnosis]}.
 *
 * @param cardNumbers whether payment card numbers are forbidden, see {@link CardNumbers}
 * @param notCards fields whose values, where they are nothing but digits, are no card numbers
 * @param fields whose values are forbidden, whatever they are
 */
public record Forbidden(boolean cardNumbers, FieldNames notCards, FieldNames fields) {
  /** Card numbers, in every field. */
  public static final Forbidden CARD_NUMBERS =
      new Forbidden(true, FieldNames.NONE, FieldNames.NONE);

  private static final String START = "[masked:";
  private static final String CARD_MASK = mask("card_number");

  /** Reads the catalog's section {@code forbidden}. */
  public static Forbidden parse(Yaml yaml) {
    yaml.keys("card_numbers", "fields");
    FieldNames fields = yaml.find("fields").map(FieldNames::parse).orElse(FieldNames.NONE);
    if (!yaml.has("card_numbers")) {
      return new Forbidden(true, FieldNames.NONE, fields);
    }
    Yaml cards = yaml.get("card_numbers");
    if (!cards.isMapping()) {
      return new Forbidden(cards.bool(), FieldNames.NONE, fields);
    }
    return new Forbidden(true, FieldNames.parse(cards.keys("except").get("except")), fields);
  }

  /**
   * The same where the values of some fields stand in others, such as the columns of a table.
   *
   * @param sources by the name of the field that is made of them
   */
  public Forbidden from(Map<String, String> sources) {
    Map<String, String> others = new LinkedHashMap<>();
    sources.forEach(
        (field, source) -> fields.find(field).ifPresent(name -> others.put(source, name)));
    return others.isEmpty() ? this : new Forbidden(cardNumbers, notCards, fields.plus(others));
  }

  /** Whether nothing is forbidden. */
  public boolean isEmpty() {
    return !cardNumbers && fields.all().isEmpty();
  }

  /** What stands in the place of a field's value. */
  public static String mask(String name) {
    return START + name + "]";
  }

  /** What stands in the place of a card number. */
  public static String cardMask() {
    return CARD_MASK;
  }

  /** A text without its card numbers; the very same text when it has none. */
  public String text(String text) {
    return cardNumbers ? CardNumbers.mask(text, CARD_MASK) : text;
  }

  /** As {@link #text(String)}, for the value of a field. */
  public String text(@Nullable FieldPath parent, String name, String text) {
    String masked = text(text);
    // The exception is looked for last: hardly any text comes that far.
    return masked.equals(text)
            || (CardNumbers.isPlainNumber(text) && notCards.find(parent, name).isPresent())
        ? text
        : masked;
  }

  /** Whether the value of a field is a card number. */
  public boolean isCard(@Nullable FieldPath parent, String name, long number) {
    return cardNumbers && CardNumbers.isOne(number) && notCards.find(parent, name).isEmpty();
  }

  /**
   * Refuses an identifier that is forbidden data, or was before it was masked.
   *
   * @throws IllegalArgumentException that says so, without the value
   */
  public void checkIdentifier(String namespace, String value) {
    if (isMasked(value)) {
      throw new IllegalArgumentException(
          "value: forbidden data that was masked (it identifies nobody)");
    }
    if (!text(null, namespace, value).equals(value)) {
      throw new IllegalArgumentException(
          "value: a payment card number, which is forbidden data (it identifies nobody)");
    }
  }

  /** Whether something in a text was masked. */
  public static boolean isMasked(String text) {
    return text.contains(START);
  }
}
