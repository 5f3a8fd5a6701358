package dev.attune.core.identity;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.Link;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The links of one identifier. Adding is commutative, associative and idempotent, and what is left
 * out at a limit does not depend on the order of arrival.
 *
 * <p>A link that an event brought stays, with its earliest stamp. One with a source is a register
 * that the source may take back: the newest word of each (pair, source) stays, as with facts.
 */
public final class Links {
  /**
   * More partners than this of namespaces at least as strong, and the identifier is shared: a
   * kiosk's cookie, a family's e-mail. It links nothing, for good. What has a source is not
   * counted: a warehouse says of each identifier whose it is, and may say otherwise later.
   */
  public static final int SHARED_AFTER = 32;

  /** Most links to weaker namespaces that an identifier keeps: the earliest. */
  public static final int WEAKER_MAX = 128;

  /** Most registers of warehouse models that an identifier keeps: those that were said last. */
  public static final int OF_MODELS_MAX = 128;

  /** Most registers of operators that an identifier keeps: those that were said last. */
  public static final int OF_OPERATORS_MAX = 64;

  /** The source of splits. */
  public static final String OPERATOR = "operator";

  /** Earliest first: the order in which a partition takes links without a source. */
  public static final Comparator<Link> ORDER =
      Comparator.comparingLong(Link::getOccurredAtMicros)
          .thenComparing(Link::getOrigin)
          .thenComparing(link -> Identifier.of(link.getA()))
          .thenComparing(link -> Identifier.of(link.getB()));

  /** Of two words of one source the greater one counts. A total order. */
  private static final Comparator<Link> NEWEST =
      Comparator.comparingLong(Link::getOccurredAtMicros)
          .thenComparing(Link::getRemoved)
          .thenComparing(Link::getOrigin, Comparator.reverseOrder())
          .thenComparing(Link::getReason, Comparator.reverseOrder())
          .thenComparing(link -> Identifier.of(link.getA()))
          .thenComparing(link -> Identifier.of(link.getB()))
          .thenComparing(Link::getSource);

  private Links() {}

  /** A link between two different identifiers, in either order. */
  public static Link link(Identifier one, Identifier other, long occurredAtMicros, String origin) {
    if (one.equals(other)) {
      throw new IllegalArgumentException("link: both ends are the same identifier");
    }
    boolean ordered = one.compareTo(other) < 0;
    return Link.newBuilder()
        .setA((ordered ? one : other).toProto())
        .setB((ordered ? other : one).toProto())
        .setOccurredAtMicros(occurredAtMicros)
        .setOrigin(origin)
        .build();
  }

  /**
   * What an identity model says of a pair.
   *
   * @param model its source, {@code model:<name>}
   * @param removed it no longer says that they belong together
   */
  public static Link ofModel(
      Identifier one, Identifier other, long occurredAtMicros, String model, boolean removed) {
    return link(one, other, occurredAtMicros, model).toBuilder()
        .setSource(model)
        .setRemoved(removed)
        .build();
  }

  /**
   * An operator's word that two identifiers do not belong together.
   *
   * @param by who said so
   * @param reason why, in their words
   * @param lifted the word is taken back
   */
  public static Link split(
      Identifier one,
      Identifier other,
      long occurredAtMicros,
      String by,
      String reason,
      boolean lifted) {
    return link(one, other, occurredAtMicros, by).toBuilder()
        .setSource(OPERATOR)
        .setSplit(true)
        .setReason(reason)
        .setRemoved(lifted)
        .build();
  }

  /** The other end. */
  public static Identifier partner(Link link, Identifier self) {
    Identifier a = Identifier.of(link.getA());
    return a.equals(self) ? Identifier.of(link.getB()) : a;
  }

  /** Whether it says that its ends belong together, and was not taken back. */
  public static boolean joins(Link link) {
    return !link.getSplit() && !link.getRemoved();
  }

  /** Of two words of one (pair, source) the one that counts. */
  public static Link stronger(Link one, Link other) {
    return order(one.getSource()).compare(one, other) <= 0 ? one : other;
  }

  // The first one counts.
  private static Comparator<Link> order(String source) {
    return source.isEmpty() ? ORDER : NEWEST.reversed();
  }

  /** The record with a link more; empty when that changes nothing. */
  public static Optional<IdentityRecord> add(
      IdentityRecord record, Identifier self, Link link, Catalog catalog) {
    if (record.getShared()) {
      return Optional.empty();
    }
    Identifier partner = partner(link, self);
    List<Link> links = new ArrayList<>(record.getLinksList());
    for (int i = 0; i < links.size(); i++) {
      Link known = links.get(i);
      if (known.getSource().equals(link.getSource()) && partner(known, self).equals(partner)) {
        if (stronger(known, link).equals(known)) {
          return Optional.empty();
        }
        links.set(i, link);
        return Optional.of(with(record, links));
      }
    }
    links.add(link);
    if (link.getSource().isEmpty() && isShared(links, self, catalog)) {
      return Optional.of(record.toBuilder().clearLinks().setShared(true).build());
    }
    Link leftOut = leftOut(links, self, link, catalog);
    if (link.equals(leftOut)) {
      return Optional.empty();
    }
    if (leftOut != null) {
      links.remove(leftOut);
    }
    links.sort(Comparator.comparing((Link l) -> partner(l, self)).thenComparing(Link::getSource));
    return Optional.of(with(record, links));
  }

  private static IdentityRecord with(IdentityRecord record, List<Link> links) {
    return record.toBuilder().clearLinks().addAllLinks(links).build();
  }

  private static boolean isShared(List<Link> links, Identifier self, Catalog catalog) {
    return links.stream()
            .filter(l -> l.getSource().isEmpty() && !isWeaker(l, self, catalog))
            .count()
        > SHARED_AFTER;
  }

  private static boolean isWeaker(Link link, Identifier self, Catalog catalog) {
    return catalog.rank(partner(link, self).namespace()) > catalog.rank(self.namespace());
  }

  // The newest word of a pair only gets newer, and the earliest only earlier: what is left out at a
  // limit is never missed later.
  private static @Nullable Link leftOut(
      List<Link> links, Identifier self, Link added, Catalog catalog) {
    List<Link> alike =
        links.stream()
            .filter(
                l ->
                    added.getSource().isEmpty()
                        ? l.getSource().isEmpty() && isWeaker(l, self, catalog)
                        : !l.getSource().isEmpty() && l.getSplit() == added.getSplit())
            .sorted(order(added.getSource()))
            .toList();
    int most =
        added.getSource().isEmpty()
            ? WEAKER_MAX
            : added.getSplit() ? OF_OPERATORS_MAX : OF_MODELS_MAX;
    return alike.size() > most ? alike.getLast() : null;
  }
}
