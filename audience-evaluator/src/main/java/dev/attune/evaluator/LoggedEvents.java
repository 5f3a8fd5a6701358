package dev.attune.evaluator;

import dev.attune.core.audience.ProfileState;
import dev.attune.core.profile.Served;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.ProfileRecord;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Events that the end of the log of changes has, by whose they are now, for those who ask what an
 * audience would be that nobody has remembered them for. An event is its bringing identifier's, and
 * that is whoever's newest record lists it: so merges and splits on the way need no look.
 *
 * @param count how many events there are
 * @param fromMicros all of the asked names that happened from then on are among them; 0: all there
 *     ever were; {@link #UNKNOWN}: nobody can say
 */
record LoggedEvents(Map<String, List<Event>> byProfile, long count, long fromMicros) {
  /** Of a log that could not be read to its end. */
  static final long UNKNOWN = Long.MAX_VALUE;

  static final LoggedEvents NONE = new LoggedEvents(Map.of(), 0, UNKNOWN);

  /**
   * Adds a profile's to its state, which must not be stored. Those that it knows change nothing.
   */
  void addTo(String profileId, ProfileState state, long nowMicros) {
    for (Event event : byProfile.getOrDefault(profileId, List.of())) {
      var _ = state.add(event, nowMicros);
    }
  }

  /** Takes records of the log, those of a partition in their order. Not thread-safe. */
  static final class Gathering {
    /** Longer after that a record may be gone, replaced by a newer one of its profile. */
    private static final long KEPT_MICROS = TimeUnit.DAYS.toMicros(7);

    /** An event's time is at most so much later than it was received. */
    private static final long AHEAD_MICROS = Duration.ofMinutes(5).toMillis() * 1_000;

    private final Set<String> names;
    private final long bytesMax;
    private final long nowMicros;
    private final Map<String, Newest> newest = new HashMap<>();
    private final Deque<Kept> kept = new ArrayDeque<>();
    private long bytes;
    private long fromMicros;

    /** What the newest record of a profile says; of one that was merged away, no identifiers. */
    private record Newest(long version, Collection<Identifier> identifiers) {}

    private record Kept(Event event, long toldMicros) {}

    private record Owner(long version, String profileId) {
      Owner newer(Owner other) {
        return version >= other.version ? this : other;
      }
    }

    /**
     * @param names of the events that are asked for
     * @param bytesMax of events; beyond it, those that were told first are left out
     * @param nowMicros of the wall clock
     */
    Gathering(Set<String> names, long bytesMax, long nowMicros) {
      this.names = names;
      this.bytesMax = bytesMax;
      this.nowMicros = nowMicros;
    }

    /**
     * A partition begins here.
     *
     * @param offset of its first record that is read
     * @param toldMicros when that was written
     */
    void begins(long offset, long toldMicros) {
      boolean all = offset == 0 && nowMicros - toldMicros < KEPT_MICROS;
      if (!all) {
        complete(Math.max(toldMicros, nowMicros - KEPT_MICROS));
      }
    }

    // Whatever happened so much later was received, and so told, after that.
    private void complete(long toldMicros) {
      fromMicros = Math.max(fromMicros, toldMicros + AHEAD_MICROS);
    }

    /**
     * A record.
     *
     * @param toldMicros when it was written
     */
    void add(Changed change, long toldMicros) {
      ProfileRecord record = change.getRecord();
      Newest before = newest.get(record.getProfileId());
      if (before == null || record.getVersion() >= before.version()) {
        newest.put(record.getProfileId(), new Newest(record.getVersion(), identifiers(record)));
      }
      for (Cause cause : change.getCausesList()) {
        if (cause.hasEvent() && names.contains(cause.getEvent().getName())) {
          kept.add(new Kept(cause.getEvent(), toldMicros));
          bytes += cause.getEvent().getSerializedSize();
        }
      }
      while (bytes > bytesMax) {
        Kept first = kept.remove();
        bytes -= first.event().getSerializedSize();
        complete(first.toldMicros());
      }
    }

    private static Collection<Identifier> identifiers(ProfileRecord record) {
      return record.hasLive()
          ? new Served(record.getLive().getServed()).profile().getIdentifiersList()
          : List.of();
    }

    /** All that was gathered, once every partition was read to its end. */
    LoggedEvents all() {
      Set<Identifier> bringing = new HashSet<>();
      kept.forEach(each -> bringing.add(each.event().getVia()));
      Map<Identifier, Owner> owners = new HashMap<>();
      newest.forEach(
          (profileId, record) -> {
            for (Identifier identifier : record.identifiers()) {
              if (bringing.contains(identifier)) {
                owners.merge(identifier, new Owner(record.version(), profileId), Owner::newer);
              }
            }
          });
      Map<String, List<Event>> byProfile = new HashMap<>();
      long count = 0;
      for (Kept each : kept) {
        Owner owner = owners.get(each.event().getVia());
        if (owner != null) {
          byProfile.computeIfAbsent(owner.profileId(), _ -> new ArrayList<>()).add(each.event());
          count++;
        }
      }
      return new LoggedEvents(byProfile, count, fromMicros);
    }
  }
}
