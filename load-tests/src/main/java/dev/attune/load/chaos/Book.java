package dev.attune.load.chaos;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.EmptyWebhookSecretException;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import java.io.IOException;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** All attempts in the order in which they came, each with the answer that it got. */
final class Book {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String PATH = "/e";

  private final Script script;
  private final Webhook verifier;
  private final int people;
  private final InstantSource clock;
  private final List<Attempt> attempts = new ArrayList<>();

  /** How often each message came, by endpoint, person and number. */
  private final Map<Key, Integer> times = new HashMap<>();

  private long taken;

  private record Key(int endpoint, int person, int number) {}

  /**
   * @param people of whom something is written
   */
  Book(Script script, String secret, int people, InstantSource clock) {
    this.script = script;
    this.people = people;
    this.clock = clock;
    try {
      verifier = new Webhook(secret);
    } catch (EmptyWebhookSecretException e) {
      throw new IllegalArgumentException("the secret is empty", e);
    }
  }

  static String path(int endpoint) {
    return PATH + endpoint;
  }

  /** Writes a request down, and says what to answer. */
  Answer enter(Request request) throws IOException {
    long now = clock.millis();
    int endpoint = Integer.parseInt(request.path().substring(PATH.length()));
    JsonNode data = JSON.readTree(request.body()).path("data");
    int person = People.of(data.path("profile_id").asText(), people);
    int number = data.path("definition_version").asInt();
    boolean genuine = isGenuine(request);
    String digest = digest(request.body());
    synchronized (this) {
      int before = times.merge(new Key(endpoint, person, number), 1, Integer::sum) - 1;
      Answer answer = script.answer(endpoint, person, number, before);
      attempts.add(
          new Attempt(
              endpoint,
              person,
              number,
              request.header("webhook-id"),
              digest,
              genuine,
              Long.parseLong(request.header("webhook-timestamp")),
              now,
              answer));
      taken += answer.takes() ? 1 : 0;
      return answer;
    }
  }

  /** All so far. */
  synchronized List<Attempt> attempts() {
    return List.copyOf(attempts);
  }

  /** How many were answered with 200 so far. */
  synchronized long taken() {
    return taken;
  }

  private boolean isGenuine(Request request) {
    try {
      verifier.verify(request.body(), HttpHeaders.of(request.headers(), (_, _) -> true).map());
      return true;
    } catch (WebhookVerificationException e) {
      return false;
    }
  }

  private static String digest(String body) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
