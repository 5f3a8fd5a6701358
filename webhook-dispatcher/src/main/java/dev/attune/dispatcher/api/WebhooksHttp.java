package dev.attune.dispatcher.api;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Nearest;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.core.webhook.WebhookState;
import dev.attune.dispatcher.clock.Clocks;
import dev.attune.dispatcher.delivery.Backlog;
import dev.attune.dispatcher.delivery.Health;
import dev.attune.dispatcher.delivery.Slots;
import dev.attune.dispatcher.send.Signatures;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Replies;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * {@code GET /v1/webhooks}, {@code {"webhooks":[...]}}, and {@code GET /v1/webhooks/{name}}, one of
 * them:
 *
 * <pre>{@code
 * {"name":"crm","owner":"files","version":1764500000000000,"state":"disabled","since":"2026-03-01T10:00:00Z",
 *  "reason":"the endpoint has gone (HTTP 410)","problem":"the endpoint has gone (HTTP 410)",
 *  "pending":12,"oldest_pending_age_seconds":60}
 * }</pre>
 *
 * <p>The owner is {@code files} or {@code api}. The state is {@code active}, {@code paused}, {@code
 * disabled}, {@code held}, or {@code undefined}: its definition has gone, and deliveries still
 * wait. {@code since} where somebody ever changed it, {@code reason} where it is disabled or held,
 * {@code problem} where the last attempt failed or nothing can be signed, {@code failing_since}
 * where it did nothing but fail for an hour or longer, {@code "circuit":"open"} where so much
 * failed that hardly any attempt is made. What waits, what the problem is and whether the circuit
 * is open each process says for the partitions that it has.
 */
public final class WebhooksHttp implements Consumer<HttpRouting.Builder> {
  private final DefinitionsSource definitions;
  private final Backlog backlog;
  private final Health health;
  private final Slots slots;
  private final Signatures signatures;
  private final InstantSource clock;

  public WebhooksHttp(
      DefinitionsSource definitions,
      Backlog backlog,
      Health health,
      Slots slots,
      Signatures signatures,
      InstantSource clock) {
    this.definitions = definitions;
    this.backlog = backlog;
    this.health = health;
    this.slots = slots;
    this.signatures = signatures;
    this.clock = clock;
  }

  @Override
  public void accept(HttpRouting.Builder http) {
    http.get("/v1/webhooks", this::list).get("/v1/webhooks/{name}", this::one);
  }

  /** What keeps deliveries to a webhook from being taken; empty when all is well. One sentence. */
  public Optional<String> trouble(WebhookDefinition webhook) {
    WebhookState state = definitions.current().webhookState(webhook.name());
    return switch (state.status()) {
      case ACTIVE -> problem(webhook);
      case PAUSED -> Optional.of("paused since " + time(state.since()));
      case DISABLED, HELD ->
          Optional.of(
              state.status().label() + " since " + time(state.since()) + ": " + state.reason());
    };
  }

  // A secret that is not there is told before a delivery needs it.
  private Optional<String> problem(WebhookDefinition webhook) {
    return health.problem(webhook.name()).or(() -> signatures.problem(webhook, clock.instant()));
  }

  private void list(ServerRequest request, ServerResponse response) {
    Definitions current = definitions.current();
    Set<String> names = new TreeSet<>(current.webhooks().keySet());
    names.addAll(backlog.webhooks());
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeArrayFieldStart("webhooks");
          for (String name : names) {
            write(json, current, name);
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private void one(ServerRequest request, ServerResponse response) {
    Definitions current = definitions.current();
    String name = request.path().pathParameters().get("name");
    if (!current.webhooks().containsKey(name) && !backlog.webhooks().contains(name)) {
      throw HttpProblem.notFound(
          "there is no such webhook" + Nearest.hint(name, current.webhooks().keySet()));
    }
    Replies.json(response, 200, json -> write(json, current, name));
  }

  private void write(JsonGenerator json, Definitions current, String name) throws IOException {
    WebhookDefinition webhook = current.webhooks().get(name);
    WebhookState state = current.webhookState(name);
    json.writeStartObject();
    json.writeStringField("name", name);
    if (webhook != null) {
      json.writeStringField("owner", current.webhooksOfApi().contains(name) ? "api" : "files");
      json.writeNumberField("version", current.versions().getOrDefault(WebhookEdits.key(name), 0L));
    }
    json.writeStringField("state", webhook == null ? "undefined" : state.status().label());
    if (state.since().isAfter(Instant.EPOCH)) {
      json.writeStringField("since", time(state.since()));
    }
    if (!state.reason().isEmpty()) {
      json.writeStringField("reason", state.reason());
    }
    if (state.isFailing()) {
      json.writeStringField("failing_since", time(state.failingSince()));
    }
    if (webhook != null) {
      Optional<String> problem = problem(webhook);
      if (problem.isPresent()) {
        json.writeStringField("problem", problem.get());
      }
    }
    if (slots.isBroken(name)) {
      json.writeStringField("circuit", "open");
    }
    json.writeNumberField("pending", backlog.pending(name));
    json.writeNumberField(
        "oldest_pending_age_seconds", backlog.oldestAgeSeconds(name, Clocks.micros(clock)));
    json.writeEndObject();
  }

  private static String time(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }
}
