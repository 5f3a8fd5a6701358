package dev.attune.core.profile;

import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Value;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Last-writer registers, one for each (trait, element, source, bringing identifier). Adding is
 * commutative, associative and idempotent: the same facts in any order, batches and number of
 * copies give equal registers (a state-based CRDT: Shapiro et al., "Conflict-free Replicated Data
 * Types", 2011).
 */
public final class FactSet {
  /** Most different traits of one profile; beyond it those with the greatest names are left out. */
  public static final int TRAITS_MAX = 1_000;

  /** Most elements of a trait that is a set; of more, those that were said last are kept. */
  public static final int ELEMENTS_MAX = 100;

  static final Comparator<Fact> STAMP =
      Comparator.comparingLong(Fact::getOccurredAtMicros)
          .thenComparing(Fact::getDigest, Long::compareUnsigned);

  /** Facts of one stamp say the same; of those the one that knows best where it is from is kept. */
  private static final Comparator<Fact> ORDER = STAMP.thenComparing(Snapshots.EARLIEST);

  private static final Value ELEMENT = Value.newBuilder().setBoolean(true).build();

  private record Key(String trait, String element, String source, Identifier via)
      implements Comparable<Key> {
    static Key of(Fact fact) {
      return of(fact, Identifier.of(fact.getVia()));
    }

    static Key of(Fact fact, Identifier via) {
      return new Key(fact.getTrait(), fact.getElement(), fact.getSource(), via);
    }

    // Spelled out, for a table has millions of them: nearly always the trait decides.
    @Override
    public int compareTo(Key other) {
      int order = trait.compareTo(other.trait);
      if (order == 0) {
        order = element.compareTo(other.element);
      }
      if (order == 0) {
        order = source.compareTo(other.source);
      }
      return order == 0 ? via.compareTo(other.via) : order;
    }
  }

  private final TreeMap<Key, Fact> registers = new TreeMap<>();

  /**
   * A fact with its tie-break digest.
   *
   * @param value empty for a removal
   * @param origin the event id, empty for a warehouse model
   */
  public static Fact fact(
      String trait,
      String source,
      Identifier via,
      long occurredAtMicros,
      Optional<Value> value,
      String origin) {
    return fact(trait, source, via.toProto(), occurredAtMicros, value, origin).build();
  }

  /**
   * The same, to be completed.
   *
   * @param via one message for all facts that it brings: they are compared again and again
   */
  public static Fact.Builder fact(
      String trait,
      String source,
      dev.attune.proto.v1.Identifier via,
      long occurredAtMicros,
      Optional<Value> value,
      String origin) {
    Fact.Builder fact =
        Fact.newBuilder()
            .setTrait(trait)
            .setSource(source)
            .setVia(via)
            .setOccurredAtMicros(occurredAtMicros)
            .setDigest(digest(value.map(Value::toByteArray).orElse(new byte[0]), origin))
            .setOrigin(origin);
    value.ifPresent(fact::setValue);
    return fact;
  }

  /** A fact that says that something is an element of a trait that is a set. */
  public static Fact element(
      String trait,
      String element,
      String source,
      Identifier via,
      long occurredAtMicros,
      String origin) {
    return fact(trait, source, via, occurredAtMicros, Optional.of(ELEMENT), origin).toBuilder()
        .setElement(element)
        .build();
  }

  private static long digest(byte[] value, String origin) {
    MessageDigest sha256 = ProfileIds.sha256();
    sha256.update(value);
    sha256.update((byte) 0);
    sha256.update(origin.getBytes(StandardCharsets.UTF_8));
    return ByteBuffer.wrap(sha256.digest()).getLong();
  }

  /**
   * Adds facts; of two for one register the one with the greater stamp stays, of two equal ones
   * that of the earlier snapshot.
   */
  public FactSet addAll(Collection<Fact> facts) {
    // Of a row's facts all have the same; to check it anew for each would take longer than the
    // rest.
    var proto = dev.attune.proto.v1.Identifier.getDefaultInstance();
    Identifier via = null;
    for (Fact fact : facts) {
      if (via == null || !fact.getVia().equals(proto)) {
        proto = fact.getVia();
        via = Identifier.of(proto);
      }
      registers.merge(Key.of(fact, via), fact, FactSet::newer);
    }
    truncate();
    truncateSets();
    return this;
  }

  static Fact newer(Fact a, Fact b) {
    return ORDER.compare(a, b) >= 0 ? a : b;
  }

  // Keeping the smallest names is a function of the set, whatever the order in which they came.
  private void truncate() {
    if (registers.size() <= TRAITS_MAX) {
      return;
    }
    long traits = registers.keySet().stream().map(Key::trait).distinct().count();
    while (traits > TRAITS_MAX) {
      String greatest = registers.lastKey().trait();
      registers.keySet().removeIf(key -> key.trait().equals(greatest));
      traits--;
    }
  }

  // The newest stamp of an element only grows, so that one which is left out is never missed later.
  private void truncateSets() {
    if (registers.size() <= ELEMENTS_MAX) {
      return;
    }
    Map<String, Map<String, Fact>> sets = new HashMap<>();
    for (Fact fact : registers.values()) {
      if (!fact.getElement().isEmpty()) {
        sets.computeIfAbsent(fact.getTrait(), _ -> new HashMap<>())
            .merge(fact.getElement(), fact, FactSet::newer);
      }
    }
    sets.forEach(
        (trait, newest) -> {
          if (newest.size() > ELEMENTS_MAX) {
            Set<String> kept =
                newest.values().stream()
                    .sorted(STAMP.thenComparing(Fact::getElement).reversed())
                    .limit(ELEMENTS_MAX)
                    .map(Fact::getElement)
                    .collect(Collectors.toSet());
            registers
                .keySet()
                .removeIf(
                    key ->
                        key.trait().equals(trait)
                            && !key.element().isEmpty()
                            && !kept.contains(key.element()));
          }
        });
  }

  /** Those of these facts that would change something if they were added. */
  List<Fact> lacks(Collection<Fact> facts) {
    List<Fact> lacking = new ArrayList<>();
    for (Fact fact : facts) {
      Fact known = registers.get(Key.of(fact));
      if (known == null || ORDER.compare(known, fact) < 0) {
        lacking.add(fact);
      }
    }
    return lacking;
  }

  /** Leaves only what a bringing identifier of this kind brought. */
  public FactSet retain(Predicate<Identifier> via) {
    registers.keySet().removeIf(key -> !via.test(key.via()));
    return this;
  }

  /** All facts, sorted by trait, element, source and bringing identifier. */
  public Collection<Fact> all() {
    return registers.values();
  }

  /** As stored: these facts and identifiers, the rest as it is in the builder. */
  Facts toProto(Facts.Builder builder, List<Identifier> identifiers, FirstSeen seen) {
    builder
        .clearFacts()
        .addAllFacts(registers.values())
        .clearIdentifiers()
        .addAllIdentifiers(identifiers.stream().map(Identifier::toProto).toList());
    seen.addTo(builder, identifiers);
    return builder.build();
  }
}
