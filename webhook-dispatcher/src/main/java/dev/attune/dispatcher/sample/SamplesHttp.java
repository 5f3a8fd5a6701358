package dev.attune.dispatcher.sample;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Nearest;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.render.Samples;
import dev.attune.dispatcher.send.Outcome;
import dev.attune.dispatcher.send.Sender;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Json;
import dev.attune.platform.http.JsonBody;
import dev.attune.platform.http.OperatorOnly;
import dev.attune.platform.http.Replies;
import dev.attune.proto.v1.Delivery;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/**
 * {@code POST /v1/webhooks/{name}:test} with the body {@code {}}: sends a sample of each type that
 * the webhook wants, also while it is paused or disabled, one after the other, and answers how each
 * ended.
 *
 * <pre>{@code
 * {"webhook":"crm","samples":[{"type":"audience.entered","webhook_id":"msg_...","delivered":true,
 *   "status":200,"took_ms":12,"outcome":"delivered","response":"thanks"}]}
 * }</pre>
 *
 * <p>They are signed, masked and sent as deliveries are, to addresses that those may be sent to,
 * and are marked with the header {@code attune-test: true}. They stand in no queue: nothing is
 * tried again, the delivery log does not have them, and no failure of them counts against the
 * webhook.
 */
public final class SamplesHttp implements Consumer<HttpRouting.Builder> {
  private static final int BYTES_MAX = 4_096;
  private static final int AT_ONCE_MAX = 4;

  private final DefinitionsSource definitions;
  private final Sender sender;
  private final InstantSource clock;
  private final Semaphore running = new Semaphore(AT_ONCE_MAX);

  /**
   * @param sender asks nobody about the person: there is none
   */
  public SamplesHttp(DefinitionsSource definitions, Sender sender, InstantSource clock) {
    this.definitions = definitions;
    this.sender = sender;
    this.clock = clock;
  }

  @Override
  public void accept(HttpRouting.Builder http) {
    http.post("/v1/webhooks/{name}:test", OperatorOnly.json(this::test));
  }

  private void test(ServerRequest request, ServerResponse response) {
    JsonBody.requireKeys(Json.parse(Replies.body(request, BYTES_MAX)), List.of());
    String name = request.path().pathParameters().get("name");
    Definitions current = definitions.current();
    WebhookDefinition webhook = current.webhooks().get(name);
    if (webhook == null) {
      throw HttpProblem.notFound(
          "there is no such webhook" + Nearest.hint(name, current.webhooks().keySet()));
    }
    List<Delivery> samples = Samples.of(webhook, current, clock);
    if (samples.isEmpty()) {
      throw new HttpProblem(
          409, "nothing_to_send", "the webhook wants nothing of which there is a sample");
    }
    if (!running.tryAcquire()) {
      throw HttpProblem.unavailable("more than " + AT_ONCE_MAX + " tests run at once");
    }
    List<Sent> sent = new ArrayList<>();
    try {
      for (Delivery sample : samples) {
        sent.add(send(webhook, sample));
      }
    } finally {
      running.release();
    }
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeStringField("webhook", name);
          json.writeArrayFieldStart("samples");
          for (Sent one : sent) {
            write(json, one);
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private Sent send(WebhookDefinition webhook, Delivery sample) {
    long began = System.nanoTime();
    // It ends within the webhook's timeout and a little.
    Outcome outcome = sender.send(webhook, sample).toCompletableFuture().join();
    return new Sent(sample, outcome, Duration.ofNanos(System.nanoTime() - began));
  }

  private static void write(JsonGenerator json, Sent sent) throws IOException {
    json.writeStartObject();
    json.writeStringField("type", sent.sample.getType());
    json.writeStringField("webhook_id", sent.sample.getWebhookId());
    json.writeBooleanField("delivered", sent.outcome instanceof Outcome.Delivered);
    if (sent.outcome.status() != 0) {
      json.writeNumberField("status", sent.outcome.status());
    }
    json.writeNumberField("took_ms", sent.took.toMillis());
    json.writeStringField("outcome", sent.outcome.words());
    if (!sent.outcome.response().isEmpty()) {
      json.writeStringField("response", sent.outcome.response());
    }
    json.writeEndObject();
  }

  private record Sent(Delivery sample, Outcome outcome, Duration took) {}
}
