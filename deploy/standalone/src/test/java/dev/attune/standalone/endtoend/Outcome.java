package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.profile.Fold;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Transition;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.testkit.people.Model;
import dev.attune.testkit.people.WebhookEndpoint;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a system must have come to, once it is through with all events. */
final class Outcome {
  private static final Logger LOG = LoggerFactory.getLogger(Outcome.class);
  private static final String EVENT = "event";
  private static final Duration THROUGH_MAX = Duration.ofMinutes(2);
  private static final Duration PROBE_INTERVAL = Duration.ofMillis(200);

  private final Model model;
  private final WebhookEndpoint endpoint;
  private final Set<JsonNode> events;

  Outcome(List<JsonNode> events, WebhookEndpoint endpoint) {
    this.model = new Model(events, Rules.CATALOG);
    this.endpoint = endpoint;
    this.events = new HashSet<>(events);
  }

  /** Fails with the first difference that stays. */
  void check(StandaloneConfig.Ports ports) throws Exception {
    try (Lookups lookups = new Lookups(ports.grpc())) {
      awaitNone(() -> profiles(lookups));
    }
    List<Transition> transitions = new ArrayList<>();
    awaitNone(
        () -> {
          transitions.clear();
          transitions.addAll(TransitionLog.read(ports.kafka()));
          List<JsonNode> bodies = taken();
          return transitions(transitions, bodies).or(() -> events(profilesByEvent(bodies)));
        });
    alternation(transitions);
    assertThat(endpoint.complaints()).isEmpty();
    LOG.info(
        "{} identifiers, {} transitions, {} deliveries, {} events told for two profiles",
        model.people().size(),
        transitions.size(),
        endpoint.taken().size(),
        profilesByEvent(taken()).values().stream().filter(p -> p.size() > 1).count());
  }

  private interface Differences {
    /** The first one, in words; empty when there is none. */
    Optional<String> first() throws Exception;
  }

  private static void awaitNone(Differences differences) throws Exception {
    long deadline = System.nanoTime() + THROUGH_MAX.toNanos();
    for (Optional<String> first = differences.first();
        first.isPresent();
        first = differences.first()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("after " + THROUGH_MAX + " still: " + first.get());
      }
      Thread.sleep(PROBE_INTERVAL);
    }
  }

  private Optional<String> profiles(Lookups lookups) {
    for (var entry : model.people().entrySet()) {
      Identifier identifier = entry.getKey();
      Model.Person person = entry.getValue();
      Optional<Profile> found = lookups.find(identifier);
      if (found.isEmpty()) {
        return Optional.of("nobody is known by " + identifier.value());
      }
      Profile served = found.get().toBuilder().clearAudiences().build();
      if (!Arrays.equals(Fold.canonical(served), Fold.canonical(person.profile()))) {
        return Optional.of(identifier.value() + " has " + served + " and not " + person.profile());
      }
      Set<String> audiences = new TreeSet<>();
      found.get().getAudiencesList().stream().map(Membership::getAudience).forEach(audiences::add);
      if (!audiences.equals(Rules.audiences(person))) {
        return Optional.of(
            identifier.value()
                + " ("
                + served.getProfileId()
                + ") is in "
                + audiences
                + " and not in "
                + Rules.audiences(person));
      }
    }
    return Optional.empty();
  }

  private List<JsonNode> taken() throws JsonProcessingException {
    List<JsonNode> bodies = new ArrayList<>();
    for (String body : endpoint.taken().values()) {
      bodies.add(AttuneClient.JSON.readTree(body));
    }
    return bodies;
  }

  /** Each transition that says something new has been told, and none beside them. */
  private static Optional<String> transitions(
      List<Transition> transitions, Collection<JsonNode> bodies) {
    Map<String, Integer> missing = new TreeMap<>();
    for (Transition t : transitions) {
      if (t.getReason() != Transition.Reason.REASSERTED) {
        missing.merge(told(t), 1, Integer::sum);
      }
    }
    for (JsonNode body : bodies) {
      if (!body.path("type").asText().equals(EVENT)) {
        missing.merge(told(body), -1, Integer::sum);
      }
    }
    missing.values().removeIf(count -> count == 0);
    return missing.entrySet().stream()
        .findFirst()
        .map(d -> d.getKey() + " was delivered too " + (d.getValue() > 0 ? "seldom" : "often"));
  }

  /** Each event that is wanted has been told, and for each of its profiles under one id. */
  private Optional<String> events(Map<String, List<String>> profilesByEvent) {
    for (JsonNode event : events) {
      List<String> profiles =
          profilesByEvent.getOrDefault(event.path("messageId").asText(), List.of());
      boolean wanted = event.path("event").asText().equals(Rules.TOLD);
      if (wanted ? profiles.isEmpty() : !profiles.isEmpty()) {
        return Optional.of(event + (wanted ? " was not delivered" : " was delivered"));
      }
      // A stranger's that is sent again may be told again: once they are known it is another
      // profile's.
      boolean one = event.has("userId") ? profiles.size() <= 1 : isDistinct(profiles);
      if (!one) {
        return Optional.of(event + " was delivered under several ids for " + profiles);
      }
    }
    return Optional.empty();
  }

  private static boolean isDistinct(List<String> values) {
    return new HashSet<>(values).size() == values.size();
  }

  private static Map<String, List<String>> profilesByEvent(Collection<JsonNode> bodies) {
    return bodies.stream()
        .filter(body -> body.path("type").asText().equals(EVENT))
        .map(body -> body.path("data"))
        .collect(
            Collectors.groupingBy(
                data -> data.path("event_id").asText(),
                Collectors.mapping(data -> data.path("profile_id").asText(), Collectors.toList())));
  }

  private static String told(Transition transition) {
    return String.join(
        " ",
        transition.getEntered() ? "audience.entered" : "audience.exited",
        transition.getProfileId(),
        transition.getAudience(),
        transition.getReason().name().toLowerCase(Locale.ROOT),
        Instant.EPOCH.plus(transition.getAtMicros(), ChronoUnit.MICROS).toString());
  }

  private static String told(JsonNode body) {
    JsonNode data = body.path("data");
    return String.join(
        " ",
        body.path("type").asText(),
        data.path("profile_id").asText(),
        data.path("audience").asText(),
        data.path("reason").asText(),
        data.path("at").asText());
  }

  private static void alternation(List<Transition> transitions) {
    Map<String, Boolean> in = new HashMap<>();
    for (Transition t : transitions) {
      if (t.getReason() != Transition.Reason.REASSERTED) {
        Boolean before = in.put(t.getProfileId() + " " + t.getAudience(), t.getEntered());
        assertThat(t.getEntered())
            .as("entered and exited alternate: %s", t)
            .isNotEqualTo(before != null && before);
      }
    }
  }
}
