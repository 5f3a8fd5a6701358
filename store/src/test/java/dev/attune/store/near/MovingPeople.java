package dev.attune.store.near;

import static dev.attune.store.near.Samples.adding;
import static dev.attune.store.near.Samples.found;
import static dev.attune.store.near.Samples.live;
import static dev.attune.store.near.Samples.removing;
import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileIds;
import dev.attune.core.profile.ProfileReader.Reading;
import dev.attune.proto.v1.Changed;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What a store holds while threads write and read it: identifiers that are nobody's, or one of two
 * profiles', and the versions of those. Each person has one writer; what was true when is
 * remembered.
 */
final class MovingPeople {
  private static final int NOBODY = -1;
  private static final int HOMES = 2;

  private final long seed;
  private final AtomicLong micros;
  private final List<Person> people = new ArrayList<>();
  private final Map<Object, Person> byKey = new HashMap<>();

  /**
   * @param micros the clock, which each write moves on a little
   */
  MovingPeople(int size, long seed, AtomicLong micros) {
    this.seed = seed;
    this.micros = micros;
    for (int i = 0; i < size; i++) {
      Person person = new Person(i);
      people.add(person);
      byKey.put(person.identifier, person);
      person.homes.forEach(home -> byKey.put(home, person));
    }
  }

  /** What holds of a person from some time on. */
  private static final class Fact {
    final int home;
    final List<Long> versions;
    volatile long fromMicros = Long.MAX_VALUE;

    Fact(int home, List<Long> versions) {
      this.home = home;
      this.versions = versions;
    }
  }

  /** One identifier and the profiles that it may lead to. */
  final class Person {
    final Identifier identifier;
    final List<String> homes;
    private final AtomicLongArray versions = new AtomicLongArray(HOMES);
    private final List<Fact> facts = Collections.synchronizedList(new ArrayList<>());
    private volatile int home = NOBODY;

    private Person(int index) {
      identifier = new Identifier("user_id", "u" + index);
      homes = List.of(profileId(index, "a"), profileId(index, "b"));
      Fact first = new Fact(NOBODY, List.of(0L, 0L));
      first.fromMicros = micros.get();
      facts.add(first);
    }

    /** Its own writer alone: another version where it is, with what is to be told of it. */
    List<Changed> grow() {
      return home == NOBODY ? move(0) : move(home);
    }

    /** Its own writer alone: to the other profile, or to nobody, or from nobody. */
    List<Changed> move(Random random) {
      return move(random.nextInt(HOMES + 1) - 1);
    }

    private List<Changed> move(int to) {
      int from = home;
      List<Long> next = new ArrayList<>(List.of(versions.get(0), versions.get(1)));
      for (int each = 0; each < HOMES; each++) {
        if (each == from || each == to) {
          next.set(each, next.get(each) + 1);
        }
      }
      Fact fact = new Fact(to, List.copyOf(next));
      facts.add(fact); // first: a reader may see it at once
      for (int each = 0; each < HOMES; each++) {
        versions.set(each, next.get(each));
      }
      home = to;
      fact.fromMicros = micros.incrementAndGet();
      return told(from, to);
    }

    private List<Changed> told(int from, int to) {
      List<Changed> told = new ArrayList<>();
      if (to != NOBODY) {
        Changed gained = live(homes.get(to), versions.get(to), identifier);
        told.add(to == from ? gained : adding(gained, identifier));
      }
      if (from != NOBODY && from != to) {
        told.add(removing(live(homes.get(from), versions.get(from)), identifier));
      }
      return told;
    }

    /** What is kept may be nothing, or what is: never what was before the last change. */
    void assertNotBefore(@Nullable Reading byIdentifier, List<@Nullable Reading> byId) {
      if (byIdentifier != null) {
        assertThat(homeIn(byIdentifier)).as("home, %s", this).isEqualTo(home);
        assertVersion(byIdentifier, home);
      }
      for (int each = 0; each < HOMES; each++) {
        Reading kept = byId.get(each);
        if (kept != null) {
          assertVersion(kept, each);
        }
      }
    }

    private void assertVersion(Reading reading, int of) {
      assertThat(version(reading)).as("%s", this).isEqualTo(of == NOBODY ? 0 : versions.get(of));
    }

    /** An answer must be what was true when it says that it was read, or later. */
    void assertTrueSince(Reading reading, Object key) {
      List<Fact> since = since(reading.readAtMicros());
      if (key instanceof String profileId) {
        long least = since.getFirst().versions.get(homes.indexOf(profileId));
        assertThat(version(reading)).as("%s", this).isGreaterThanOrEqualTo(least);
        return;
      }
      int answered = homeIn(reading);
      assertThat(since.stream().anyMatch(fact -> fact.home == answered))
          .as("home, %s", this)
          .isTrue();
      if (answered != NOBODY) {
        assertThat(version(reading))
            .as("%s", this)
            .isGreaterThanOrEqualTo(since.getFirst().versions.get(answered));
      }
    }

    private List<Fact> since(long readAtMicros) {
      synchronized (facts) {
        int first = facts.size() - 1;
        while (facts.get(first).fromMicros > readAtMicros) {
          first--;
        }
        return List.copyOf(facts.subList(first, facts.size()));
      }
    }

    private int homeIn(Reading reading) {
      return reading.result() instanceof LookupResult.Found found
          ? homes.indexOf(found.served().profileId())
          : NOBODY;
    }

    @Override
    public String toString() {
      return identifier.value() + " of seed " + seed;
    }
  }

  private static String profileId(int index, String home) {
    return ProfileIds.of(new Identifier("user_id", home + index));
  }

  private static long version(Reading reading) {
    return reading.result() instanceof LookupResult.Found found ? found.served().version() : 0;
  }

  Person get(int index) {
    return people.get(index);
  }

  int size() {
    return people.size();
  }

  /** As the store reads: first whose it is, then the profile; others may be faster in between. */
  LookupResult read(Object key) {
    Person person = byKey.get(key);
    if (person == null) {
      throw new IllegalArgumentException("key: nobody's (expected: one of a person of the test)");
    }
    dawdle();
    int home = key instanceof Identifier ? person.home : person.homes.indexOf(key);
    dawdle();
    long version = home == NOBODY ? 0 : person.versions.get(home);
    LookupResult result = version == 0 ? Samples.ABSENT : found(person.homes.get(home), version);
    dawdle();
    return result;
  }

  /** A while in which others get on. */
  private void dawdle() {
    if (Math.floorMod(seed + micros.get(), 3) == 0) {
      LockSupport.parkNanos(1_000);
    }
  }
}
