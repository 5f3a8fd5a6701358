package dev.attune.load.chaos;

import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the receiver's own record says.
 *
 * @param deliveries messages that were taken
 * @param withheld messages that were never taken, as it has to be
 * @param lost messages that were never taken although they had to be
 * @param disordered messages that came before the one before them was taken
 * @param changed attempts with another id or other bytes than those before, and of messages that
 *     nobody wrote
 * @param forged attempts that the public library does not believe
 * @param forbidden attempts about people who had withdrawn or been deleted
 * @param repeated attempts of messages that had been taken
 * @param unexplained of those, the ones without a kill or a move since
 * @param late of those, the ones that came after a newer one about the person
 * @param answers how often each was given
 * @param first of everything that must not be, in words; empty when there is none
 */
record Verdict(
    int deliveries,
    int withheld,
    int lost,
    int disordered,
    int changed,
    int forged,
    int forbidden,
    int repeated,
    int unexplained,
    int late,
    Map<Answer, Integer> answers,
    String first) {
  /**
   * An attempt asks, and signs after that: this may lie between, on a busy machine. Times of
   * signatures are whole seconds, rounded down.
   */
  private static final Duration ASKED_BEFORE = Duration.ofSeconds(1);

  /** What was sent before a death may be read after it. */
  private static final Duration READ_LATER = Duration.ofSeconds(1);

  /**
   * Judges.
   *
   * @param attempts in the order in which they came
   * @param breaks when a dispatcher died or a partition was seen with another one
   */
  static Verdict of(List<Attempt> attempts, Expected expected, List<Instant> breaks) {
    return new Judge(expected, breaks).judge(attempts);
  }

  private record Message(int endpoint, int person, int number) {
    Message next() {
      return new Message(endpoint, person, number + 1);
    }
  }

  private record Content(String id, String digest) {}

  private static final class Judge {
    private final Expected expected;
    private final NavigableSet<Long> breaks;
    private final Map<Message, Content> contents = new HashMap<>();
    private final Map<String, Message> ids = new HashMap<>();
    private final Map<Message, Long> taken = new HashMap<>();
    private final Set<Message> begun = new HashSet<>();
    private final Map<Answer, Integer> answers = new EnumMap<>(Answer.class);
    private int withheld;
    private int lost;
    private int disordered;
    private int changed;
    private int forged;
    private int forbidden;
    private int repeated;
    private int unexplained;
    private int late;
    private String first = "";

    Judge(Expected expected, List<Instant> breaks) {
      this.expected = expected;
      this.breaks =
          breaks.stream().map(Instant::toEpochMilli).collect(Collectors.toCollection(TreeSet::new));
    }

    Verdict judge(List<Attempt> attempts) {
      attempts.forEach(this::judge);
      for (int endpoint = 0; endpoint < expected.endpoints(); endpoint++) {
        for (int person = 0; person < expected.written().size(); person++) {
          for (int number = 1; number <= expected.written().get(person); number++) {
            missing(new Message(endpoint, person, number));
          }
        }
      }
      return new Verdict(
          taken.size(),
          withheld,
          lost,
          disordered,
          changed,
          forged,
          forbidden,
          repeated,
          unexplained,
          late,
          answers,
          first);
    }

    private void judge(Attempt attempt) {
      Message message = new Message(attempt.endpoint(), attempt.person(), attempt.number());
      answers.merge(attempt.answer(), 1, Integer::sum);
      if (!attempt.genuine()) {
        forged++;
        wrong(message, "does not verify");
      }
      if (!isWritten(message) || !isTheSame(message, attempt)) {
        changed++;
        wrong(message, "is not what was written, or not what came before");
        return;
      }
      Instant from = expected.forbiddenFrom(message.endpoint(), message.person());
      if (from.isBefore(Instant.ofEpochSecond(attempt.signedAtSeconds()).minus(ASKED_BEFORE))) {
        forbidden++;
        wrong(message, "came although it must not");
      }
      if (begun.add(message)
          && message.number() > 1
          && !taken.containsKey(
              new Message(message.endpoint(), message.person(), message.number() - 1))) {
        disordered++;
        wrong(message, "came before the one before it was taken");
      }
      Long before = taken.get(message);
      if (before != null) {
        repeated++;
        unexplained += isBrokenBetween(before, attempt.receivedAtMillis()) ? 0 : 1;
        late += begun.contains(message.next()) ? 1 : 0;
      } else if (attempt.answer().takes()) {
        taken.put(message, attempt.receivedAtMillis());
      }
    }

    private boolean isWritten(Message message) {
      return message.endpoint() < expected.endpoints()
          && message.person() != Attempt.NOBODY
          && message.number() >= 1
          && message.number() <= expected.written().get(message.person());
    }

    private boolean isTheSame(Message message, Attempt attempt) {
      Content content = new Content(attempt.id(), attempt.digest());
      Content before = contents.putIfAbsent(message, content);
      Message other = ids.putIfAbsent(attempt.id(), message);
      return (before == null || before.equals(content)) && (other == null || other.equals(message));
    }

    private boolean isBrokenBetween(long fromMillis, long toMillis) {
      Long since = breaks.ceiling(fromMillis - READ_LATER.toMillis());
      return since != null && since <= toMillis;
    }

    private void missing(Message message) {
      if (taken.containsKey(message)) {
        return;
      }
      if (expected.forbiddenFrom(message.endpoint(), message.person()).equals(Instant.MAX)) {
        lost++;
        wrong(message, "was never taken");
      } else {
        withheld++;
      }
    }

    private void wrong(Message message, String how) {
      if (first.isEmpty()) {
        first =
            "message %d of person %d %s at endpoint %d"
                .formatted(message.number(), message.person(), how, message.endpoint());
      }
    }
  }
}
