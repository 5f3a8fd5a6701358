package dev.attune.refresher.collector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import dev.attune.core.profile.WriteToken;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.refresher.event.EventLog;
import dev.attune.refresher.event.MalformedEventException;
import dev.attune.refresher.event.SegmentEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * Takes events in and answers once the log has them.
 *
 * <p>A request with one event that is not valid is refused. In a batch the others should not
 * suffer, and an SDK would not try the one again: it goes to dead letters with its reason.
 */
public final class Collector {
  /** Largest request, in bytes, before and after unpacking. */
  public static final int BATCH_BYTES_MAX = 500 << 10;

  /** Largest event, in bytes. */
  public static final int EVENT_BYTES_MAX = 32 << 10;

  /** Most events in one batch. */
  public static final int BATCH_EVENTS_MAX = 2_500;

  private static final Duration LOG_TIMEOUT = Duration.ofSeconds(10);

  private final EventLog log;
  private final DeadLetters deadLetters;
  private final InstantSource clock;

  public Collector(EventLog log, DeadLetters deadLetters, InstantSource clock) {
    this.log = log;
    this.deadLetters = deadLetters;
    this.clock = clock;
  }

  /**
   * Takes one event.
   *
   * @param type of the path
   * @return where it stands in the log
   * @throws HttpProblem 400 when it is not valid, 503 when the log does not take it in time
   */
  Optional<WriteToken> single(String type, byte[] body, String traceparent) {
    if (!(Json.parseLarge(body) instanceof ObjectNode event)) {
      throw HttpProblem.badRequest("invalid_event", "the event is no JSON object");
    }
    event.put("type", type);
    try {
      CompletableFuture<RecordMetadata> sent = append(event, traceparent);
      await(List.of(sent));
      return token(List.of(sent));
    } catch (MalformedEventException e) {
      throw HttpProblem.badRequest("invalid_event", String.valueOf(e.getMessage()));
    }
  }

  /**
   * Takes a batch: {@code {"batch": [event, …], "context"?, "sentAt"?}}.
   *
   * @return where those of its events stand that the log has; empty when all were refused
   */
  Optional<WriteToken> batch(byte[] body, String traceparent) {
    JsonNode document = Json.parseLarge(body);
    JsonNode batch = document.path("batch");
    if (!batch.isArray() || batch.isEmpty()) {
      throw HttpProblem.badRequest("invalid_batch", "batch: missing, empty or not a list");
    }
    if (batch.size() > BATCH_EVENTS_MAX) {
      throw HttpProblem.badRequest(
          "invalid_batch",
          "batch: " + batch.size() + " events (allowed: " + BATCH_EVENTS_MAX + ")");
    }
    List<CompletableFuture<?>> sent = new ArrayList<>(batch.size());
    List<CompletableFuture<RecordMetadata>> events = new ArrayList<>(batch.size());
    for (JsonNode event : batch) {
      // While the log is away each further event would wait for it in vain.
      if (!sent.isEmpty() && sent.getLast().isCompletedExceptionally()) {
        break;
      }
      try {
        if (!(event instanceof ObjectNode object)) {
          throw new MalformedEventException("the event is no JSON object");
        }
        inherit(object, document);
        CompletableFuture<RecordMetadata> appended = append(object, traceparent);
        events.add(appended);
        sent.add(appended);
      } catch (MalformedEventException e) {
        sent.add(letter(event, String.valueOf(e.getMessage())));
      }
    }
    await(sent);
    return token(events);
  }

  private static Optional<WriteToken> token(List<CompletableFuture<RecordMetadata>> events) {
    Map<Integer, List<Long>> offsets = new HashMap<>();
    for (CompletableFuture<RecordMetadata> event : events) {
      RecordMetadata where = event.resultNow();
      offsets.computeIfAbsent(where.partition(), _ -> new ArrayList<>()).add(where.offset());
    }
    // A log that is spread wider than a token may be is used without tokens.
    return offsets.isEmpty() || offsets.size() > WriteToken.SPANS_MAX
        ? Optional.empty()
        : Optional.of(WriteToken.of(offsets));
  }

  // What the batch says for all of its events; an event's own word counts more.
  private static void inherit(ObjectNode event, JsonNode batch) {
    if (!event.has("sentAt") && batch.has("sentAt")) {
      event.set("sentAt", batch.get("sentAt"));
    }
    if (batch.path("context") instanceof ObjectNode shared) {
      ObjectNode merged = shared.deepCopy();
      if (event.path("context") instanceof ObjectNode own) {
        merged.setAll(own);
      }
      event.set("context", merged);
    }
  }

  private CompletableFuture<RecordMetadata> append(ObjectNode event, String traceparent)
      throws MalformedEventException {
    event.remove("writeKey");
    SegmentEvent.check(event);
    if (event.path("messageId").asText("").isEmpty()) {
      // As Segment's API does: two equal page views are two, and a copy can be told from here on.
      event.put("messageId", "attune-" + UUID.randomUUID());
    }
    byte[] json = bytes(event);
    if (json.length > EVENT_BYTES_MAX) {
      throw new MalformedEventException(
          "the event has " + json.length + " bytes (allowed: " + EVENT_BYTES_MAX + ")");
    }
    return log.append(
            SegmentEvent.key(event),
            json,
            traceparent.isEmpty() ? Map.of() : Map.of("traceparent", traceparent))
        .toCompletableFuture();
  }

  private static byte[] bytes(JsonNode node) {
    return Json.write(json -> Json.mapper().writeTree(json, node));
  }

  private CompletableFuture<?> letter(JsonNode event, String reason) {
    return deadLetters
        .send(
            DeadLetter.newBuilder()
                .setId("collector-" + UUID.randomUUID())
                .setPart("collector")
                .setKey(ByteString.copyFrom("collector", StandardCharsets.UTF_8))
                .setValue(ByteString.copyFrom(bytes(event)))
                .setReason(reason)
                .setAttempts(1)
                .setAtMicros(clock.millis() * 1_000)
                .build())
        .toCompletableFuture();
  }

  private static void await(List<CompletableFuture<?>> sent) {
    try {
      CompletableFuture.allOf(sent.toArray(CompletableFuture[]::new))
          .get(LOG_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw HttpProblem.unavailable(
          "the event log did not take the events in time; send them again");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw HttpProblem.unavailable("shutting down; send the events again");
    }
  }
}
