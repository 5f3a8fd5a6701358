package dev.attune.core.audience;

import static java.util.Comparator.comparingLong;

import dev.attune.core.audience.EventRing.Entry;
import dev.attune.core.catalog.ComputedKeys;
import dev.attune.core.catalog.Namespace;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.Departure;
import dev.attune.proto.v1.EvaluatorState;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.HashedValue;
import dev.attune.proto.v1.HeldMembership;
import dev.attune.proto.v1.KnownGroup;
import dev.attune.proto.v1.KnownTrait;
import dev.attune.proto.v1.Value;
import java.time.Duration;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What is remembered of one profile, as the audiences of one set see it. Not thread-safe.
 *
 * <p>Events are kept per identifier that brought them: a merge joins them, and a split takes them
 * back.
 */
public final class ProfileState {
  /** A writer that was overtaken tells within this time; versions are microseconds. */
  private static final long DEPARTED_MICROS = 3_600_000_000L;

  private static final int DEPARTURES_MAX = 256;

  /** How long after an event, or a copy of it, was received another copy does not count. */
  public static final Duration COPIES_WITHIN = Duration.ofDays(7);

  /** Of how many events of a profile copies are recognised at least, if there are more so soon. */
  public static final int COPIES_MAX = 1_000;

  /**
   * How many entries of all rings are kept at most for the sake of copies: where an event stands in
   * more than {@code COPIES_ENTRIES_MAX / COPIES_MAX} of them, copies of fewer events are
   * recognised, or a state would outgrow its record.
   */
  static final int COPIES_ENTRIES_MAX = 20_000;

  private static final long COPIES_WITHIN_MICROS = COPIES_WITHIN.toMillis() * 1_000;

  /** Most values that are kept of a profile for computed traits, each of a bounded length. */
  static final int VALUES_MAX = 2_000;

  private static final int VALUES_KEPT_MIN = 32;

  private final AudienceSet audiences;
  private final NavigableMap<RingKey, EventRing> rings = new TreeMap<>();
  private final SortedMap<String, Value> traits = new TreeMap<>();
  private final SortedMap<String, Membership> memberships = new TreeMap<>();
  private final SortedMap<Identifier, Departure> departures = new TreeMap<>();
  private final SortedMap<String, Membership> carried = new TreeMap<>();
  // Of rings that know values by their hashes; those that none has any more go when it is stored.
  private final SortedMap<Long, Value> hashed = new TreeMap<>();
  private final KnownGroups groups = new KnownGroups();
  private String redirectTo = "";
  private long generation;
  private long transitionVersion;
  private long profileVersion;
  private long definitionsFingerprint;
  private long dueMicros;

  private @Nullable Map<String, Object> values;
  private @Nullable List<Map<String, Object>> groupValues;
  private final Map<String, EventRing> unions = new HashMap<>();

  /** A profile of which nothing is known. */
  public ProfileState(AudienceSet audiences) {
    this.audiences = audiences;
  }

  /**
   * From its stored form.
   *
   * @throws IllegalArgumentException when it contradicts itself
   */
  public static ProfileState decode(EvaluatorState stored, AudienceSet audiences) {
    var state = new ProfileState(audiences);
    state.redirectTo = stored.getRedirectTo();
    state.generation = stored.getGeneration();
    state.transitionVersion = stored.getTransitionVersion();
    state.profileVersion = stored.getProfileVersion();
    state.definitionsFingerprint = stored.getDefinitionsFingerprint();
    state.dueMicros = stored.getDueMicros();
    stored.getTraitsList().forEach(trait -> state.traits.put(trait.getName(), trait.getValue()));
    for (HeldMembership held : stored.getMembershipsList()) {
      state.memberships.put(held.getAudience(), Membership.of(held));
    }
    state.carry(stored);
    stored.getValuesList().forEach(each -> state.hashed.put(each.getHash(), each.getValue()));
    stored
        .getDeparturesList()
        .forEach(left -> state.departures.put(Identifier.of(left.getIdentifier()), left));
    StoredRings.read(stored, audiences, state.rings);
    state.groups.decode(stored);
    return state;
  }

  /** The stored form; equal states have equal bytes. */
  public EvaluatorState encode() {
    EvaluatorState.Builder stored =
        EvaluatorState.newBuilder()
            .setRedirectTo(redirectTo)
            .setGeneration(generation)
            .setTransitionVersion(transitionVersion)
            .setProfileVersion(profileVersion)
            .setDefinitionsFingerprint(definitionsFingerprint)
            .setDueMicros(dueMicros);
    traits.forEach(
        (name, value) -> stored.addTraits(KnownTrait.newBuilder().setName(name).setValue(value)));
    memberships.forEach((audience, held) -> stored.addMemberships(held.toStored(audience)));
    stored.addAllDepartures(departures.values());
    carried.forEach((audience, held) -> stored.addCarried(held.toStored(audience)));
    addHashed(rings, stored);
    StoredRings.write(rings, stored);
    groups.encode(stored);
    return stored.build();
  }

  /**
   * Remembers an event that an audience counts.
   *
   * @param nowMicros what neither a window can see at this instant nor a copy could repeat is left
   *     out
   */
  public Taken add(Event event, long nowMicros) {
    EventIndex index = audiences.eventsOf(event.getName()).orElse(null);
    if (index == null) {
      return Taken.NOTHING;
    }
    Map<String, Object> properties =
        index.readsProperties() ? TraitValues.fields(event.getProperties()) : Map.of();
    var adding = new Adding(event, nowMicros);
    index.forEach(properties, adding);
    if (adding.changed) {
      thinOut(nowMicros);
    }
    return new Taken(adding.added, adding.news);
  }

  /** Adds an event wherever it fits. */
  private final class Adding implements Consumer<Matcher> {
    private final Event event;
    private final long hash;
    private final long nowMicros;
    private final Set<String> news = new TreeSet<>();
    private Added added = Added.NOT_COUNTED;
    private boolean changed;

    Adding(Event event, long nowMicros) {
      this.event = event;
      this.hash = EventHash.ofEvent(event.getEventId());
      this.nowMicros = nowMicros;
    }

    @Override
    public void accept(Matcher matcher) {
      OptionalLong taken = matcher.match().taken(event.getProperties());
      if (taken.isPresent()) {
        matcher
            .match()
            .kept(event.getProperties())
            .ifPresent(value -> hashed.put(taken.getAsLong(), value));
        Added here = add(matcher, taken.getAsLong());
        if (here.isNews()) {
          news.add(matcher.key());
        }
        added = added.and(here);
      }
    }

    private Added add(Matcher matcher, long taken) {
      RingKey key =
          new RingKey(
              matcher.key(),
              matcher.id(),
              event.getVia().getNamespace(),
              event.getVia().getValue());
      EventRing before = rings.getOrDefault(key, EventRing.EMPTY);
      // History says its own time, and so do its copies: there is nothing to wait for.
      Entry entry =
          Entry.heardAt(
              event.getOccurredAtMicros(),
              hash,
              event.getHistorical() ? event.getOccurredAtMicros() : event.getReceivedAtMicros(),
              taken);
      int known = before.find(hash);
      long countedAfter = nowMicros - matcher.longestMicros();
      EventRing after =
          before.with(entry).keep(matcher.capacity(), countedAfter, settled(nowMicros));
      if (known == 0 && after.find(hash) == 0) {
        return Added.NOT_COUNTED;
      }
      if (!after.equals(before)) {
        rings.put(key, after);
        unions.remove(key.match());
        changed = true;
      }
      if (known == 0) {
        return entry.micros() > countedAfter ? Added.NEW : Added.NOT_COUNTED;
      }
      Entry was = before.entry(known);
      Entry both = was.and(entry);
      return both.micros() < was.micros() || both.taken() != was.taken()
          ? Added.EARLIER_COPY
          : Added.COPY;
    }
  }

  /**
   * Takes in the events of another state; its other fields are the caller's.
   *
   * @return keys of the events of which something new was learnt, as {@link Taken#news}
   */
  public Set<String> merge(EvaluatorState other, long nowMicros) {
    Map<RingKey, EventRing> theirs = new TreeMap<>();
    StoredRings.read(other, audiences, theirs);
    other.getValuesList().forEach(each -> hashed.put(each.getHash(), each.getValue()));
    Set<String> changed = new TreeSet<>();
    theirs.forEach(
        (key, ring) -> {
          Matcher matcher = audiences.matcher(key.match()).orElse(null);
          if (matcher != null) {
            EventRing before = rings.getOrDefault(key, EventRing.EMPTY);
            EventRing after = before.union(ring);
            if (!after.equals(before)) {
              rings.put(key, after);
              unions.remove(key.match());
              changed.add(key.match());
            }
          }
        });
    thinOut(nowMicros);
    return changed;
  }

  /**
   * Takes the events that some identifiers brought out of this state.
   *
   * @return a state with those events alone; empty when there were none
   */
  public EvaluatorState split(Collection<Identifier> identifiers) {
    Map<RingKey, EventRing> leaving = new TreeMap<>();
    rings.forEach(
        (key, ring) -> {
          if (identifiers.stream().anyMatch(key::isVia)) {
            leaving.put(key, ring);
          }
        });
    leaving.keySet().forEach(rings::remove);
    unions.clear();
    EvaluatorState.Builder state = EvaluatorState.newBuilder();
    StoredRings.write(leaving, state);
    addHashed(leaving, state);
    return state.build();
  }

  private void addHashed(Map<RingKey, EventRing> of, EvaluatorState.Builder stored) {
    if (hashed.isEmpty()) {
      return;
    }
    Set<Long> used = new TreeSet<>();
    // Of each the newest first: where there are too many, `last` still has its own.
    boolean more = true;
    for (int n = 1; more && used.size() < VALUES_MAX; n++) {
      more = false;
      for (var ring : of.entrySet()) {
        if (n <= Math.min(ring.getValue().size(), valuesKept(ring.getKey().match()))) {
          used.add(ring.getValue().taken(n));
          more = true;
        }
      }
    }
    hashed.forEach(
        (hash, value) -> {
          if (used.contains(hash)) {
            stored.addValues(HashedValue.newBuilder().setHash(hash).setValue(value));
          }
        });
  }

  // Those of the newest that can decide, and of a few more: a copy may say that one was earlier.
  private int valuesKept(String match) {
    return audiences
        .matcher(match)
        .filter(matcher -> matcher.match().keepsValues())
        .map(matcher -> Math.max(matcher.capacity(), VALUES_KEPT_MIN))
        .orElse(0);
  }

  /** A value that a ring knows by its hash. */
  Optional<Value> hashed(long hash) {
    return Optional.ofNullable(hashed.get(hash));
  }

  /** Keeps what a profile that became this one carries, until it can be told. */
  public void carry(EvaluatorState other) {
    other
        .getCarriedList()
        .forEach(held -> carried.putIfAbsent(held.getAudience(), Membership.of(held)));
  }

  /** What was carried and has not been told. For the caller to change. */
  public Map<String, Membership> carried() {
    return carried;
  }

  /** Takes note of what a computed trait was told to be. */
  public void setComputed(String key, Membership told) {
    memberships.put(key, told);
    values = null;
  }

  /** Ends a membership, or takes the value of a computed trait away. */
  public void exit(String told) {
    memberships.remove(told);
    values = null;
  }

  /**
   * Remembers for a while where identifiers went.
   *
   * @param version of the record without them
   */
  public void depart(Collection<Identifier> identifiers, String intoProfileId, long version) {
    departures.values().removeIf(left -> left.getVersion() <= version - DEPARTED_MICROS);
    for (Identifier identifier : identifiers) {
      Departure left =
          Departure.newBuilder()
              .setIdentifier(identifier.toProto())
              .setIntoProfileId(intoProfileId)
              .setVersion(version)
              .build();
      departures.merge(identifier, left, (a, b) -> a.getVersion() > b.getVersion() ? a : b);
    }
    while (departures.size() > DEPARTURES_MAX) {
      departures
          .values()
          .remove(Collections.min(departures.values(), comparingLong(Departure::getVersion)));
    }
  }

  /** Whether anything has left this profile of late; of nearly all nothing has. */
  public boolean hasDepartures() {
    return !departures.isEmpty();
  }

  /** Where an identifier went after a version of the record that still had it. */
  public Optional<Departure> departed(Identifier identifier, long version) {
    return Optional.ofNullable(departures.get(identifier))
        .filter(left -> left.getVersion() > version);
  }

  /** Forgets what no audience can see any more at an instant, and of which no copy is expected. */
  public void forget(long nowMicros) {
    EventRing.Settled settled = settled(nowMicros);
    rings.replaceAll(
        (key, ring) ->
            audiences
                .matcher(key.match())
                .map(
                    matcher ->
                        ring.keep(matcher.capacity(), nowMicros - matcher.longestMicros(), settled))
                .orElse(EventRing.EMPTY));
    departures.values().removeIf(left -> left.getVersion() <= nowMicros - DEPARTED_MICROS);
    rings.values().removeIf(ring -> ring.size() == 0);
    unions.clear();
  }

  // Those of which the last copy was heard of long ago.
  private static EventRing.Settled settled(long nowMicros) {
    int last = settledUntil(nowMicros);
    return (_, _, heard) -> heard <= last;
  }

  private static int settledUntil(long nowMicros) {
    return Entry.hour(nowMicros - COPIES_WITHIN_MICROS) - 1;
  }

  // Of very many, only the copies of those that were heard of last are told from others. What no
  // window sees any more stays until its audiences are asked.
  private void thinOut(long nowMicros) {
    int settledUntil = settledUntil(nowMicros);
    int all = 0;
    for (EventRing ring : rings.values()) {
      all += ring.unsettled(settledUntil);
    }
    if (all <= COPIES_MAX) {
      return;
    }
    List<Entry> unsettled =
        rings.values().stream()
            .flatMap(ring -> IntStream.rangeClosed(1, ring.size()).mapToObj(ring::entry))
            .filter(entry -> entry.heard() > settledUntil)
            .sorted(Entry.HEARD.reversed())
            .toList();
    firstBeyond(unsettled)
        .ifPresent(
            first -> {
              rings.replaceAll(
                  (key, ring) ->
                      audiences
                          .matcher(key.match())
                          .map(m -> ring.keep(m.capacity(), Long.MIN_VALUE, heardUntil(first)))
                          .orElse(ring));
              unions.clear();
            });
  }

  // The same event may stand in several rings, and is one.
  private static Optional<Entry> firstBeyond(List<Entry> lastHeardFirst) {
    Set<Long> events = new HashSet<>();
    int entries = 0;
    for (Entry entry : lastHeardFirst) {
      events.add(entry.hash());
      entries++;
      if (events.size() > COPIES_MAX || entries > COPIES_ENTRIES_MAX) {
        return Optional.of(entry);
      }
    }
    return Optional.empty();
  }

  // Whoever was heard of before the settled ones stands before this one, too.
  private static EventRing.Settled heardUntil(Entry last) {
    return (micros, hash, heard) ->
        Entry.HEARD.compare(new Entry(micros, hash, heard, 0), last) <= 0;
  }

  /** Becomes a redirect: only the counters stay, and where identifiers went. */
  public void redirect(String profileId) {
    redirectTo = profileId;
    rings.clear();
    unions.clear();
    hashed.clear();
    carried.clear();
    traits.clear();
    values = null;
    memberships.clear();
  }

  /** Ends being a redirect. */
  public void revive() {
    redirectTo = "";
  }

  /**
   * The record's traits.
   *
   * @return names of those that changed
   */
  public Set<String> setTraits(Map<String, Value> record) {
    Map<String, Value> kept = new TreeMap<>();
    record.forEach(
        (name, value) -> {
          if (audiences.keeps(name)) {
            kept.put(name, value);
          }
        });
    Set<String> changed = new TreeSet<>();
    kept.forEach(
        (name, value) -> {
          if (!value.equals(traits.get(name))) {
            changed.add(name);
          }
        });
    traits.keySet().stream().filter(name -> !kept.containsKey(name)).forEach(changed::add);
    traits.clear();
    traits.putAll(kept);
    values = null;
    return changed;
  }

  /** Keys of the events of which some are remembered, as {@link Taken#news}. */
  public Set<String> matches() {
    Set<String> matches = new TreeSet<>();
    rings.keySet().forEach(key -> matches.add(key.match()));
    return matches;
  }

  /** The profile that this one was merged into, or empty. */
  public String redirectTo() {
    return redirectTo;
  }

  public boolean isRedirect() {
    return !redirectTo.isEmpty();
  }

  /** First half of a transition's order; see {@link #setCounters}. */
  public long generation() {
    return generation;
  }

  /** Second half of a transition's order, of the last one. */
  public long transitionVersion() {
    return transitionVersion;
  }

  public void setCounters(long generation, long transitionVersion) {
    this.generation = generation;
    this.transitionVersion = transitionVersion;
  }

  /** The next transition's version. */
  public long nextTransitionVersion() {
    return ++transitionVersion;
  }

  /** Version of the newest record taken in. */
  public long profileVersion() {
    return profileVersion;
  }

  public void setProfileVersion(long profileVersion) {
    this.profileVersion = profileVersion;
  }

  /** Fingerprint of the audiences that decided last. */
  public long definitionsFingerprint() {
    return definitionsFingerprint;
  }

  public void setDefinitionsFingerprint(long definitionsFingerprint) {
    this.definitionsFingerprint = definitionsFingerprint;
  }

  /** When to decide again, 0 = never by itself. */
  public long dueMicros() {
    return dueMicros;
  }

  public void setDueMicros(long dueMicros) {
    this.dueMicros = dueMicros;
  }

  /** What the profile is in, by audience, as last told. For the caller to change. */
  public SortedMap<String, Membership> memberships() {
    return memberships;
  }

  /** The newest events with a key, whoever brought them. */
  EventRing ring(String match) {
    return unions.computeIfAbsent(match, this::union);
  }

  /** Of those the newest that conditions look at which need all in their window. */
  EventRing newest(String match) {
    return ring(match).newest(Condition.EVENTS_MAX);
  }

  /** The traits that have a value, as expressions see them. */
  Map<String, Object> values() {
    if (values == null) {
      Map<String, Object> seen = new LinkedHashMap<>();
      traits.forEach(
          (name, value) ->
              audiences
                  .type(name)
                  .flatMap(type -> TraitValues.of(value, type))
                  .ifPresent(v -> seen.put(name, v)));
      memberships
          .tailMap(ComputedKeys.PREFIX)
          .forEach(
              (key, held) -> {
                if (ComputedKeys.isOne(key)) {
                  String name = ComputedKeys.trait(key);
                  audiences
                      .type(name)
                      .flatMap(type -> TraitValues.of(held.value(), type))
                      .ifPresent(v -> seen.put(name, v));
                }
              });
      values = Collections.unmodifiableMap(seen);
    }
    return values;
  }

  /** Takes note of the groups that the record names; nobody has any who is a redirect. */
  public KnownGroups.Notice setGroups() {
    long asks = audiences.groupTraitsHash();
    if (asks == 0 && groups.isEmpty()) {
      // Nearly always: this is asked with each change.
      return KnownGroups.Notice.NOTHING;
    }
    Set<String> ids = new TreeSet<>();
    value(Namespace.GROUPS_TRAIT)
        .getList()
        .getValuesList()
        .forEach(value -> audiences.group(value.getText()).ifPresent(ids::add));
    groupValues = null;
    return groups.set(ids, asks);
  }

  /**
   * See {@link KnownGroups#answer}. With the last answer all traits of groups count as changed:
   * audiences waited for it.
   */
  public Set<String> answer(KnownGroup said) {
    groupValues = null;
    boolean knew = knowsGroups();
    Set<String> changed = groups.answer(said);
    if (!knew && knowsGroups()) {
      changed = new TreeSet<>(changed);
      audiences.groupTraits().stream().map(KnownGroups::key).forEach(changed::add);
    }
    return changed;
  }

  /** Whether all groups of the person have said what they are. */
  public boolean knowsGroups() {
    return groups.areKnown(audiences.groupTraitsHash());
  }

  /** Whether an expression holds of at least one group. */
  boolean hasGroup(TraitExpression expression) {
    for (Map<String, Object> group : groupValues()) {
      if (expression.test(group)) {
        return true;
      }
    }
    return false;
  }

  /** Whether a group has a value of a trait. */
  boolean groupsHave(String trait) {
    return groupValues().stream().anyMatch(group -> group.containsKey(trait));
  }

  private List<Map<String, Object>> groupValues() {
    if (groupValues == null) {
      groupValues = groups.values(audiences::type);
    }
    return groupValues;
  }

  boolean has(String trait) {
    return traits.containsKey(trait);
  }

  /** The value of a trait; of none is the one without a kind. */
  Value value(String trait) {
    return traits.getOrDefault(trait, Value.getDefaultInstance());
  }

  /** The value of a trait that is a timestamp, in microseconds; else 0. */
  long timestamp(String trait) {
    Value value = traits.get(trait);
    return value == null ? 0 : value.getTimestampMicros();
  }

  boolean consents(String trait) {
    Value value = traits.get(trait);
    return value != null && value.getBoolean();
  }

  private EventRing union(String match) {
    EventRing union = EventRing.EMPTY;
    for (var entry : rings.tailMap(new RingKey(match, 0, "", ""), true).entrySet()) {
      if (!entry.getKey().match().equals(match)) {
        break;
      }
      union = union.union(entry.getValue());
    }
    return union;
  }

  @Override
  public String toString() {
    return "ProfileState[" + memberships.size() + " memberships, " + rings.size() + " rings]";
  }

  /**
   * What became of an event.
   *
   * @param news keys of what audiences ask for ({@link AudienceSet#byMatch}) of which something was
   *     learnt
   */
  public record Taken(Added added, Set<String> news) {
    static final Taken NOTHING = new Taken(Added.NOT_COUNTED, Set.of());
  }

  /** What an event was to a state. */
  public enum Added {
    /** No audience counts its name, or no window sees so far back. */
    NOT_COUNTED,
    /** The first of its id, as far as can be told. */
    NEW,
    /** Its id is known: it changes nothing. */
    COPY,
    /** Its id is known, with a later time or another value: now the earlier one counts. */
    EARLIER_COPY;

    /** What it was to several conditions together: known, if it was known to any. */
    Added and(Added other) {
      return compareTo(other) >= 0 ? this : other;
    }

    /** Whether an answer may have changed. */
    public boolean isNews() {
      return this == NEW || this == EARLIER_COPY;
    }

    /** Whether its id was known. */
    public boolean isCopy() {
      return this == COPY || this == EARLIER_COPY;
    }
  }

  /**
   * A membership as it was last told.
   *
   * @param toldValidUntilMicros 0 = no end
   * @param value of a computed trait; of an audience the one without a kind
   */
  public record Membership(
      long sinceMicros, long definitionVersion, long toldValidUntilMicros, Value value) {
    /** Of an audience. */
    public Membership(long sinceMicros, long definitionVersion, long toldValidUntilMicros) {
      this(sinceMicros, definitionVersion, toldValidUntilMicros, Value.getDefaultInstance());
    }

    private static Membership of(HeldMembership held) {
      return new Membership(
          held.getSinceMicros(),
          held.getDefinitionVersion(),
          held.getToldValidUntilMicros(),
          held.getValue());
    }

    private HeldMembership toStored(String audience) {
      HeldMembership.Builder stored =
          HeldMembership.newBuilder()
              .setAudience(audience)
              .setSinceMicros(sinceMicros)
              .setDefinitionVersion(definitionVersion)
              .setToldValidUntilMicros(toldValidUntilMicros);
      if (ComputedKeys.isOne(audience)) {
        stored.setValue(value);
      }
      return stored.build();
    }
  }

  /**
   * Which events a ring holds. The value is personal data and never printed.
   *
   * @param match see {@link EventMatch#key}; of what no definition asks for see {@link EventKeys}
   * @param id the number of {@code match}, see {@link EventKeys#id}
   */
  record RingKey(String match, long id, String namespace, String value)
      implements Comparable<RingKey> {
    private static final Comparator<RingKey> ORDER =
        Comparator.comparing(RingKey::match)
            .thenComparing(RingKey::namespace)
            .thenComparing(RingKey::value);

    /** The order of stored ones, whatever is known of their numbers. */
    static int compareStored(RingKey a, RingKey b) {
      int order = a.namespace.compareTo(b.namespace);
      if (order == 0) {
        order = a.value.compareTo(b.value);
      }
      return order == 0 ? Long.compare(a.id, b.id) : order;
    }

    boolean isSameVia(RingKey other) {
      return other.namespace.equals(namespace) && other.value.equals(value);
    }

    boolean isVia(Identifier identifier) {
      return identifier.namespace().equals(namespace) && identifier.value().equals(value);
    }

    @Override
    public int compareTo(RingKey other) {
      return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
      return match + " via " + namespace + ":redacted";
    }
  }
}
