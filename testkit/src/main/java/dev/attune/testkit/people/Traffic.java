package dev.attune.testkit.people;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Random;

/**
 * What one sender's people do: strangers look around and log in, known ones buy and change, three
 * of them share a kiosk and two an e-mail address. Every event says when it happened, in the last
 * days and in any order.
 */
public final class Traffic {
  /** Users that tests take, unless they have a reason for others. */
  public static final int USERS = 120;

  static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int EVENTS_PER_VISITOR = 15;
  private static final int VISITORS_AT_ONCE = 30;
  private static final List<String> PLANS = List.of("free", "plus", "pro");
  private static final Duration PAST = Duration.ofDays(5);

  private final Random random;
  private final int sender;
  private final Instant newest;
  private final int users;
  private int number;

  /**
   * @param sender has visitors of its own; the users are everybody's
   * @param newest time of an event
   * @param users how many there are: {@code u0}, {@code u1} and so on
   */
  public Traffic(Random random, int sender, Instant newest, int users) {
    this.random = random;
    this.sender = sender;
    this.newest = newest.truncatedTo(ChronoUnit.SECONDS);
    this.users = users;
  }

  /** The next event, as the Segment spec has it. */
  public ObjectNode next() {
    ObjectNode event = JSON.createObjectNode();
    event.put("messageId", sender + "-" + number);
    event.put("timestamp", time().toString());
    int visitor = Math.max(0, number / EVENTS_PER_VISITOR - random.nextInt(VISITORS_AT_ONCE));
    number++;
    String anonymousId = "visitor-" + sender + "-" + visitor;
    int user = (visitor * 7 + sender * 31) % users;
    int what = random.nextInt(100);
    if (what < 50) {
      return act(event.put("anonymousId", anonymousId));
    } else if (what < 75) {
      return act(event.put("userId", "u" + random.nextInt(users)));
    } else if (what < 85) {
      return identify(event, random.nextInt(users));
    } else if (what < 93) {
      return identify(event.put("anonymousId", anonymousId), user);
    } else if (what < 95) {
      return event.put("type", "alias").put("userId", "u" + user).put("previousId", anonymousId);
    }
    // One kiosk for each three users: whoever was there first keeps it.
    ObjectNode atKiosk = event.put("anonymousId", "kiosk-" + user / 3);
    return random.nextBoolean() ? act(atKiosk) : identify(atKiosk, user);
  }

  private Instant time() {
    // Some at full hours, so that there are ties.
    return random.nextInt(5) == 0
        ? newest.truncatedTo(ChronoUnit.HOURS).minus(Duration.ofHours(1 + random.nextInt(48)))
        : newest.minusMillis(random.nextLong(PAST.toMillis()));
  }

  private ObjectNode act(ObjectNode event) {
    int what = random.nextInt(10);
    if (what < 5) {
      event.put("type", "page");
      event.putObject("properties").put("path", "/" + random.nextInt(50));
    } else {
      event.put("type", "track").put("event", what < 7 ? "Order Completed" : "Product Added");
      event.putObject("properties").put("total", random.nextInt(10_000) / 100.0).put("n", number);
    }
    return event;
  }

  private ObjectNode identify(ObjectNode event, int user) {
    event.put("type", "identify").put("userId", "u" + user);
    ObjectNode traits = event.putObject("traits");
    if (random.nextBoolean()) {
      traits.put("plan", PLANS.get(random.nextInt(PLANS.size())));
    }
    if (random.nextBoolean()) {
      traits.put("age", random.nextInt(100));
    }
    if (random.nextInt(4) == 0) {
      traits.put("city", "city " + random.nextInt(20));
    }
    if (random.nextInt(3) == 0) {
      // A family's address now and then; the spelling does not matter.
      boolean family = random.nextInt(5) == 0;
      traits.put(
          "email", family ? "Family" + user / 2 + "@example.com" : "U" + user + "@example.com");
    }
    return event;
  }
}
