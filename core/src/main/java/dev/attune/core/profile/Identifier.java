package dev.attune.core.profile;

import java.util.Comparator;

/** What someone is known by: {@code email:…}, {@code user_id:…}. Personal data, never printed. */
public record Identifier(String namespace, String value) implements Comparable<Identifier> {
  /** Longest value, in UTF-16 units. */
  public static final int VALUE_LENGTH_MAX = 256;

  private static final Comparator<Identifier> ORDER =
      Comparator.comparing(Identifier::namespace).thenComparing(Identifier::value);

  public Identifier {
    if (namespace.isBlank()) {
      throw new IllegalArgumentException("namespace: blank (expected: a namespace of the catalog)");
    }
    if (value.isEmpty() || value.length() > VALUE_LENGTH_MAX) {
      throw new IllegalArgumentException(
          "value: length " + value.length() + " (expected: 1-" + VALUE_LENGTH_MAX + ")");
    }
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c < 0x20 || c == 0x7f) {
        throw new IllegalArgumentException(
            "value: a control character at position " + i + " (expected: none)");
      }
      if (Character.isSurrogate(c)) {
        if (!Character.isHighSurrogate(c)
            || i + 1 == value.length()
            || !Character.isLowSurrogate(value.charAt(i + 1))) {
          throw new IllegalArgumentException(
              "value: half a surrogate pair at position " + i + " (expected: valid Unicode)");
        }
        i++;
      }
    }
  }

  /** From the contract's message. */
  public static Identifier of(dev.attune.proto.v1.Identifier proto) {
    return new Identifier(proto.getNamespace(), proto.getValue());
  }

  /** As the contract's message. */
  public dev.attune.proto.v1.Identifier toProto() {
    return dev.attune.proto.v1.Identifier.newBuilder()
        .setNamespace(namespace)
        .setValue(value)
        .build();
  }

  /** By namespace, then value. */
  @Override
  public int compareTo(Identifier other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return namespace + ":redacted";
  }
}
