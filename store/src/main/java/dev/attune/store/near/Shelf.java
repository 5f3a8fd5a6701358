package dev.attune.store.near;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.ExtensionRegistryLite;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.Served;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What is kept, under identifiers and profile ids. Answers of the store and changes that were told
 * come in any order; the newer one stays.
 *
 * <p>A change raises its floors first and alters entries after; an answer asks for the floor inside
 * the same per-key computation that would keep it. So an answer is either seen by the change and
 * altered, or sees the change's floor and is refused.
 */
final class Shelf {
  /** As many changes as come while a slow answer is on its way; some 5 MB. */
  private static final int FLOORS_MAX = 32_768;

  /** No question to the store takes longer. */
  private static final long FLOORS_KEEP_NANOS = TimeUnit.SECONDS.toNanos(10);

  /**
   * What is left of the bound for entries that are kept and that Caffeine has not made room for
   * yet: it counts writes later, up to some hundreds of them. (Measured: 330 KB, four threads on
   * two cores, entries of 1.5 KB.) Nobody waits for room while half of it is free.
   */
  private static final long SLACK_BYTES = 1 << 20;

  // Of a small one.
  private static final long SLACK_SHARE = 8;

  private final long ageMaxNanos;
  private final Floors floors;
  private final Cache<Object, Entry> entries;
  private final AtomicLong bytes = new AtomicLong();
  private final long bytesToWait;

  Shelf(NearCacheSettings settings) {
    this(settings, new Floors(FLOORS_MAX, FLOORS_KEEP_NANOS));
  }

  Shelf(NearCacheSettings settings, Floors floors) {
    this.ageMaxNanos = settings.ageMax().toNanos();
    this.floors = floors;
    long slack = Math.min(SLACK_BYTES, settings.bytesMax() / SLACK_SHARE);
    this.bytesToWait = settings.bytesMax() - slack / 2;
    this.entries =
        Caffeine.newBuilder()
            .maximumWeight(settings.bytesMax() - slack)
            .weigher(Weights::of)
            .<Object, Entry>evictionListener(
                (key, entry, _) -> bytes.addAndGet(-weight(key, entry)))
            // Evicts where it was filled: another thread would let it grow beyond the bound first.
            .executor(Runnable::run)
            .build();
  }

  @Nullable Entry get(Object key) {
    return entries.getIfPresent(key);
  }

  /**
   * Keeps what the store answered.
   *
   * @return the newest that is known by now, or null when a change was told meanwhile that the
   *     answer does not know of
   */
  @Nullable LookupResult keep(Object key, LookupResult answer, Asked asked) {
    LookupResult newest = admit(key, answer, asked);
    settle();
    return newest;
  }

  private @Nullable LookupResult admit(Object key, LookupResult answer, Asked asked) {
    return switch (answer) {
      case LookupResult.Absent _ -> put(key, new Entry.Nobody(asked)) ? answer : null;
      case LookupResult.Found found -> {
        String profileId = found.served().profileId();
        LookupResult newest = putBody(profileId, found, asked);
        boolean kept =
            newest != null
                && (key.equals(profileId) || put(key, new Entry.Pointer(profileId, 0, asked)));
        yield kept ? newest : null;
      }
    };
  }

  private @Nullable LookupResult putBody(String profileId, LookupResult.Found found, Asked asked) {
    long version = found.served().version();
    var newest =
        new Object() {
          @Nullable LookupResult result;
        };
    compute(
        profileId,
        old -> {
          if (!floors.admits(profileId, version, asked)) {
            return old;
          }
          Entry now = newer(old, new Entry.Body(found, version, asked));
          newest.result = now instanceof Entry.Body body ? body.found() : found;
          return now;
        });
    return newest.result;
  }

  private Entry newer(@Nullable Entry old, Entry.Body answer) {
    if (!(old instanceof Entry.Body kept)) {
      return old == null ? answer : later(old, answer);
    }
    if (kept.version() == answer.version()) {
      return later(kept, answer);
    }
    if (kept.version() < answer.version()) {
      return new Entry.Body(answer.found(), answer.version(), later(kept, answer).asked());
    }
    // An answer that was overtaken; or the store fell back, and the kept one is on its way out.
    return answer.asked().nanos() - kept.asked().nanos() <= ageMaxNanos ? kept : answer;
  }

  private static Entry later(Entry one, Entry other) {
    return one.asked().turn() > other.asked().turn() ? one : other;
  }

  private boolean put(Object key, Entry answer) {
    boolean[] admitted = {false};
    compute(
        key,
        old -> {
          if (!floors.admits(key, answer.asked())) {
            return old;
          }
          admitted[0] = true;
          return old == null ? answer : later(old, answer);
        });
    return admitted[0];
  }

  /**
   * Takes a change in.
   *
   * @param turn of hearing of it
   */
  void changed(Changed change, long turn, long nanos) {
    ProfileRecord record = change.getRecord();
    String profileId = record.getProfileId();
    floors.raise(profileId, record.getVersion(), turn, nanos);
    change.getIdentifiersAddedList().forEach(i -> floors.raise(Identifier.of(i), 0, turn, nanos));
    change.getIdentifiersRemovedList().forEach(i -> floors.raise(Identifier.of(i), 0, turn, nanos));

    if (record.hasLive()) {
      changedTo(new Served(record.getLive().getServed()), record);
    } else if (!record.getRedirectTo().isEmpty()) {
      redirected(record);
    }
    change
        .getIdentifiersAddedList()
        .forEach(i -> forget(Identifier.of(i), entry -> !pointsTo(entry, profileId)));
    change.getIdentifiersRemovedList().forEach(i -> forget(Identifier.of(i), _ -> true));
    settle();
  }

  private void changedTo(Served served, ProfileRecord record) {
    String profileId = record.getProfileId();
    long version = record.getVersion();
    alter(
        profileId,
        old ->
            switch (old) {
              case Entry.Body body ->
                  body.version() >= version
                      ? body
                      : new Entry.Body(new LookupResult.Found(served), version, body.asked());
              // It is one again that was merged away; unless this comes late.
              case Entry.Pointer pointer -> pointer.version() >= version ? pointer : null;
              case Entry.Nobody _ -> null;
            });
    // Those that the change does not name as added: it may be told a second time.
    forEachIdentifier(
        served, identifier -> forget(identifier, entry -> !pointsTo(entry, profileId)));
  }

  private void redirected(ProfileRecord record) {
    long version = record.getVersion();
    alter(
        record.getProfileId(),
        old -> {
          long known =
              switch (old) {
                case Entry.Body body -> body.version();
                case Entry.Pointer pointer -> pointer.version();
                case Entry.Nobody _ -> 0;
              };
          return known >= version
              ? old
              : new Entry.Pointer(record.getRedirectTo(), version, old.asked());
        });
  }

  private void forget(Object key, Predicate<Entry> when) {
    alter(key, entry -> when.test(entry) ? null : entry);
  }

  /** What is kept becomes something else, or nothing. */
  private interface Alteration {
    @Nullable Entry of(Entry old);
  }

  /**
   * Also waits for an answer that is being kept just now. Caffeine's {@code computeIfPresent} does
   * not: it looks without a lock first, and passes over a key that is about to be there.
   */
  private void alter(Object key, Alteration alteration) {
    compute(key, old -> old == null ? null : alteration.of(old));
  }

  /** What is kept of a key becomes something else; null is nothing. */
  private interface Next {
    @Nullable Entry of(@Nullable Entry old);
  }

  // All that comes and goes, but for what is evicted, does so here: the bytes are counted without a
  // lock.
  private void compute(Object key, Next next) {
    entries
        .asMap()
        .compute(
            key,
            (_, old) -> {
              Entry now = next.of(old);
              long more = weight(key, now) - weight(key, old);
              if (more != 0) {
                bytes.addAndGet(more);
              }
              return now;
            });
  }

  private static long weight(@Nullable Object key, @Nullable Entry entry) {
    return key == null || entry == null ? 0 : Weights.of(key, entry);
  }

  private static boolean pointsTo(Entry entry, String profileId) {
    return entry instanceof Entry.Pointer pointer && pointer.profileId().equals(profileId);
  }

  /** The identifiers stand at the front of a profile, and the rest need not be parsed. */
  private static void forEachIdentifier(
      Served served, java.util.function.Consumer<Identifier> action) {
    CodedInputStream in = served.profileBytes().newCodedInput();
    try {
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        int field = tag >>> 3;
        if (field == Profile.IDENTIFIERS_FIELD_NUMBER) {
          action.accept(
              Identifier.of(
                  in.readMessage(
                      dev.attune.proto.v1.Identifier.parser(),
                      ExtensionRegistryLite.getEmptyRegistry())));
        } else if (field > Profile.IDENTIFIERS_FIELD_NUMBER || !in.skipField(tag)) {
          return;
        }
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("served: the profile does not parse", e);
    }
  }

  long size() {
    return entries.estimatedSize();
  }

  long bytes() {
    return bytes.get();
  }

  /**
   * Makes room, or waits while another thread makes it, where too much has piled up. A write evicts
   * by itself; but it goes on while another one does so, and should that one lose its core,
   * hundreds of entries pile up behind it. Always to wait for it would stop event loops as often.
   */
  private void settle() {
    if (bytes.get() > bytesToWait) {
      entries.cleanUp();
    }
  }
}
