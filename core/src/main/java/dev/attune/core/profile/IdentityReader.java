package dev.attune.core.profile;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.Sources;
import dev.attune.core.identity.Links;
import dev.attune.core.identity.Partition.Decision;
import dev.attune.proto.v1.FormerId;
import dev.attune.proto.v1.GetIdentityResponse;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.KnownIdentifier;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.LinkEvidence;
import dev.attune.proto.v1.LinkOutcome;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.SplitEvidence;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Why somebody is one person: the links that the stored identity records hold, taken as a writer
 * takes them. Reads the whole cluster, and writes nothing; blocks.
 */
public final class IdentityReader {
  /** Most links that are told as taken, and as skipped. */
  public static final int LINKS_MAX = 1_000;

  private final ProfileStore store;
  private final InstantSource clock;

  /** Reads nothing yet. */
  public IdentityReader(ProfileStore store, InstantSource clock) {
    this.store = store;
    this.clock = clock;
  }

  /**
   * The identity of whoever is known by an identifier; empty: nobody.
   *
   * @param each how long a call to the store may take
   * @param all how long they may take together
   * @throws StoreException when the store does not do its work, or not within that
   */
  public Optional<GetIdentityResponse> find(
      Identifier identifier, Catalog catalog, Duration each, Duration all) {
    long readAt = TraitFit.micros(clock.instant());
    StoreCalls calls = within(each, all);
    return calls
        .readIdentities(List.of(identifier))
        .getFirst()
        .flatMap(record -> live(record.getProfileId(), calls))
        .map(record -> evidence(record, catalog, calls, readAt));
  }

  /**
   * The identity of the profile with an id, or of the one that it was merged into; empty: there is
   * none.
   *
   * @param each how long a call to the store may take
   * @param all how long they may take together
   * @throws StoreException when the store does not do its work, or not within that
   */
  public Optional<GetIdentityResponse> findById(
      String profileId, Catalog catalog, Duration each, Duration all) {
    long readAt = TraitFit.micros(clock.instant());
    StoreCalls calls = within(each, all);
    return live(profileId, calls)
        .map(record -> evidence(record, catalog, calls, readAt))
        .map(
            identity ->
                identity.getProfileId().equals(profileId)
                    ? identity
                    : identity.toBuilder().setCanonicalId(identity.getProfileId()).build());
  }

  private StoreCalls within(Duration each, Duration all) {
    long end = System.nanoTime() + all.toNanos();
    return new StoreCalls(
        store,
        () -> {
          long left = end - System.nanoTime();
          if (left <= 0) {
            throw new StoreException(
                StoreException.Kind.UNAVAILABLE, "an identity was not read in time");
          }
          return Duration.ofNanos(Math.min(left, each.toNanos()));
        });
  }

  private static Optional<ProfileRecord> live(String profileId, StoreCalls calls) {
    String id = profileId;
    for (int hop = 0; hop <= ProfileStore.REDIRECTS_MAX; hop++) {
      Optional<ProfileRecord> record =
          calls.readProfiles(List.of(id)).values().stream().findFirst().flatMap(found -> found);
      if (record.isEmpty() || record.get().hasLive()) {
        return record;
      }
      id = record.get().getRedirectTo();
    }
    return Optional.empty();
  }

  private static GetIdentityResponse evidence(
      ProfileRecord record, Catalog catalog, StoreCalls calls, long readAt) {
    Profile served = new Served(record.getLive().getServed()).profile();
    Set<Identifier> own = new LinkedHashSet<>();
    served.getIdentifiersList().forEach(identifier -> own.add(Identifier.of(identifier)));
    IdentityView view = new IdentityView(calls, catalog);
    view.settle(own);
    Evidence evidence = new Evidence(own);
    view.decisions().forEach(evidence::add);
    FirstSeen seen = FirstSeen.of(Content.of(record).facts());
    GetIdentityResponse.Builder identity =
        GetIdentityResponse.newBuilder()
            .setProfileId(record.getProfileId())
            .setReadAtMicros(readAt);
    for (Identifier identifier : own) {
      IdentityRecord known = view.record(identifier);
      known.getLinksList().forEach(link -> evidence.addKept(link, identifier, view));
      identity.addIdentifiers(
          KnownIdentifier.newBuilder()
              .setIdentifier(identifier.toProto())
              .setFirstSeenMicros(seen.at(identifier))
              .setShared(known.getShared()));
    }
    served.getMergedFromList().forEach(former -> identity.addMergedFrom(former(former, own)));
    evidence.addTo(identity);
    return identity.build();
  }

  private static FormerId former(String profileId, Set<Identifier> own) {
    FormerId.Builder former = FormerId.newBuilder().setProfileId(profileId);
    own.stream()
        .filter(identifier -> ProfileIds.of(identifier).equals(profileId))
        .findFirst()
        .ifPresent(identifier -> former.setIdentifier(identifier.toProto()));
    return former.build();
  }

  /** What was said of some identifiers, and what became of it. */
  private static final class Evidence {
    /** The ends of a link, and who may take it back. */
    private record Said(Identifier a, Identifier b, String source) {
      static Said of(Link link) {
        return new Said(Identifier.of(link.getA()), Identifier.of(link.getB()), link.getSource());
      }
    }

    private final Set<Identifier> own;
    private final Map<Said, LinkEvidence> taken = new LinkedHashMap<>();
    private final Map<Said, LinkEvidence> skipped = new LinkedHashMap<>();
    private final Map<Said, Link> splits = new LinkedHashMap<>();

    Evidence(Set<Identifier> own) {
      this.own = own;
    }

    /** Of the whole cluster; others' links are passed over. */
    void add(Decision decision) {
      Said said = Said.of(decision.link());
      if (!own.contains(said.a()) && !own.contains(said.b())) {
        return;
      }
      LinkOutcome outcome =
          switch (decision.outcome()) {
            case JOINED -> LinkOutcome.LINK_JOINED;
            case AGREED -> LinkOutcome.LINK_AGREED;
            case LIMIT -> LinkOutcome.LINK_LIMIT;
            case SPLIT -> LinkOutcome.LINK_SPLIT;
            case BLOCKED -> LinkOutcome.LINK_BLOCKED;
          };
      boolean counts = outcome == LinkOutcome.LINK_JOINED || outcome == LinkOutcome.LINK_AGREED;
      (counts ? taken : skipped).put(said, of(decision.link(), outcome, decision.namespace()));
    }

    /** What an identifier keeps: words of operators, and links about which nothing was decided. */
    void addKept(Link link, Identifier self, IdentityView view) {
      Said said = Said.of(link);
      if (link.getSplit()) {
        splits.merge(said, link, Links::stronger);
      } else if (link.getRemoved()) {
        skipped.put(said, of(link, LinkOutcome.LINK_TAKEN_BACK, ""));
      } else if (!taken.containsKey(said) && !skipped.containsKey(said)) {
        boolean shared = view.record(Links.partner(link, self)).getShared();
        skipped.put(
            said, of(link, shared ? LinkOutcome.LINK_SHARED : LinkOutcome.LINK_LEFT_OUT, ""));
      }
    }

    void addTo(GetIdentityResponse.Builder identity) {
      taken.values().stream().limit(LINKS_MAX).forEach(identity::addLinks);
      skipped.values().stream()
          .sorted(Comparator.comparingLong(LinkEvidence::getAtMicros))
          .limit(LINKS_MAX)
          .forEach(identity::addSkipped);
      splits.values().stream()
          .sorted(Comparator.comparingLong(Link::getOccurredAtMicros))
          .forEach(link -> identity.addSplits(split(link)));
      identity.setLeftOut(
          taken.size() - identity.getLinksCount() + skipped.size() - identity.getSkippedCount());
    }

    private static LinkEvidence of(Link link, LinkOutcome outcome, String namespace) {
      // Of a row of a profiles model, the model stands where an event has its id.
      boolean ofModel = link.getOrigin().startsWith("model:");
      return LinkEvidence.newBuilder()
          .setA(link.getA())
          .setB(link.getB())
          .setSource(ofModel ? link.getOrigin() : Sources.EVENTS)
          .setOrigin(ofModel ? "" : link.getOrigin())
          .setAtMicros(link.getOccurredAtMicros())
          .setOutcome(outcome)
          .setNamespace(namespace)
          .build();
    }

    private static SplitEvidence split(Link link) {
      return SplitEvidence.newBuilder()
          .setA(link.getA())
          .setB(link.getB())
          .setAtMicros(link.getOccurredAtMicros())
          .setBy(link.getOrigin())
          .setReason(link.getReason())
          .setLifted(link.getRemoved())
          .build();
    }
  }
}
