package dev.attune.load.audience;

import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.CompiledAudience;
import dev.attune.core.audience.ProfileState;
import dev.attune.proto.v1.Event;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * The engine on one thread: each event is put into the state of its person, and every audience that
 * it concerns is asked. Nothing is read or written beside that. Everybody looks at things of one
 * category, twice a day, and time passes with the events, so that windows fill and empty.
 */
final class EngineRun {
  private static final int PEOPLE = 10_000;
  private static final long BETWEEN_MICROS = Duration.ofHours(12).toMillis() * 1_000 / PEOPLE;
  private static final long DAY_MICROS = Duration.ofDays(1).toMillis() * 1_000;
  private static final long BEGIN_MICROS = 1_760_000_000_000_000L;
  private static final int VERIFIED_EVERY = 50;

  private final int categories;
  private final AudienceSet audiences;
  private final List<ProfileState> states = new ArrayList<>();
  private final List<Deque<Long>> times = new ArrayList<>();
  private long events;
  private long asked;
  private long members;

  EngineRun(int categories) {
    this.categories = categories;
    this.audiences = Shop.audiences(categories);
    for (int person = 0; person < PEOPLE; person++) {
      states.add(new ProfileState(audiences));
      times.add(new ArrayDeque<>());
    }
  }

  /** How many audiences there are. */
  int audiences() {
    return audiences.audiences().size();
  }

  /** Events a second over so long a time. */
  double block(Duration length) {
    long begin = System.nanoTime();
    long before = events;
    long end = begin + length.toNanos();
    long now = begin;
    while (now < end) {
      for (int i = 0; i < 1_000; i++) {
        one();
      }
      now = System.nanoTime();
    }
    return (events - before) * 1e9 / (now - begin);
  }

  private void one() {
    int person = (int) (events % PEOPLE);
    long now = BEGIN_MICROS + events * BETWEEN_MICROS;
    Event event = Shop.view(events, person, person % categories, now);
    ProfileState state = states.get(person);
    for (String key : state.add(event, now).news()) {
      for (CompiledAudience audience : audiences.byMatch(key)) {
        asked++;
        members += audience.evaluate(state, now).member() ? 1 : 0;
      }
    }
    if (person % VERIFIED_EVERY == 0) {
      Deque<Long> seen = times.get(person);
      seen.addFirst(now);
      while (seen.getLast() <= now - Shop.days(Shop.AUDIENCES_EACH - 1) * DAY_MICROS) {
        seen.removeLast();
      }
    }
    events++;
  }

  /** How many audiences were asked for each event. */
  double affected() {
    return (double) asked / events;
  }

  /** How many of the answers were yes. */
  double shareOfMembers() {
    return (double) members / asked;
  }

  /**
   * Counts anew for one of fifty people, and compares all their answers.
   *
   * @return how many were compared, and how many of them were wrong
   */
  long[] verify() {
    long now = BEGIN_MICROS + (events - 1) * BETWEEN_MICROS;
    long compared = 0;
    long wrong = 0;
    for (int person = 0; person < PEOPLE; person += VERIFIED_EVERY) {
      for (int each = 0; each < Shop.AUDIENCES_EACH; each++) {
        long from = now - Shop.days(each) * DAY_MICROS;
        long counted = times.get(person).stream().filter(at -> at > from).count();
        boolean member =
            audiences
                .audience(Shop.name(person % categories, each))
                .orElseThrow()
                .evaluate(states.get(person), now)
                .member();
        compared++;
        wrong += member == counted >= Shop.count(each) ? 0 : 1;
      }
    }
    return new long[] {compared, wrong};
  }
}
