package dev.attune.core.identity;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.Link;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The links of one identifier. Adding is commutative, associative and idempotent: a link keeps its
 * earliest stamp, and what is left out at a limit does not depend on the order of arrival.
 */
public final class Links {
  /**
   * More partners than this of namespaces at least as strong, and the identifier is shared: a
   * kiosk's cookie, a family's e-mail. It links nothing, for good.
   */
  public static final int SHARED_AFTER = 32;

  /** Most links to weaker namespaces that an identifier keeps: the earliest. */
  public static final int WEAKER_MAX = 128;

  /** Earliest first: the order in which a partition takes links. */
  public static final Comparator<Link> ORDER =
      Comparator.comparingLong(Link::getOccurredAtMicros)
          .thenComparing(Link::getOrigin)
          .thenComparing(link -> Identifier.of(link.getA()))
          .thenComparing(link -> Identifier.of(link.getB()));

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

  /** The other end. */
  public static Identifier partner(Link link, Identifier self) {
    Identifier a = Identifier.of(link.getA());
    return a.equals(self) ? Identifier.of(link.getB()) : a;
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
      if (partner(links.get(i), self).equals(partner)) {
        if (ORDER.compare(links.get(i), link) <= 0) {
          return Optional.empty();
        }
        links.set(i, link);
        return Optional.of(record.toBuilder().clearLinks().addAllLinks(links).build());
      }
    }
    links.add(link);
    int rank = catalog.rank(self.namespace());
    List<Link> weaker =
        links.stream()
            .filter(l -> catalog.rank(partner(l, self).namespace()) > rank)
            .sorted(ORDER)
            .toList();
    if (links.size() - weaker.size() > SHARED_AFTER) {
      return Optional.of(record.toBuilder().clearLinks().setShared(true).build());
    }
    if (weaker.size() > WEAKER_MAX) {
      Link latest = weaker.getLast();
      if (latest.equals(link)) {
        return Optional.empty();
      }
      links.remove(latest);
    }
    links.sort(Comparator.comparing(l -> partner(l, self)));
    return Optional.of(record.toBuilder().clearLinks().addAllLinks(links).build());
  }
}
