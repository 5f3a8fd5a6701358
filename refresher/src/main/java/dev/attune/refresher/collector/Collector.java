package dev.attune.refresher.collector;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.WriteToken;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.forbidden.Masking;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.refresher.event.EventLog;
import dev.attune.refresher.event.EventTime;
import dev.attune.refresher.event.MalformedEventException;
import dev.attune.refresher.event.Schemas;
import dev.attune.refresher.event.SegmentEvent;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
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
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.RecordMetadata;

/**
 * Takes events in and answers once the log has them.
 *
 * <p>A request with one event that is not valid is refused. In a batch the others should not
 * suffer, and an SDK would not try the one again: it goes to dead letters with its reason.
 *
 * <p>Forbidden data is masked in the whole request before anything else is done with it.
 */
public final class Collector {
  /** Largest request, in bytes, before and after unpacking. */
  public static final int BATCH_BYTES_MAX = 500 << 10;

  /** Largest event as it is sent, in bytes. */
  public static final int EVENT_BYTES_MAX = 32 << 10;

  /** Most events in one batch. */
  public static final int BATCH_EVENTS_MAX = 2_500;

  /** Most that a batch may grow to by the context that it gives to each of its events, in bytes. */
  public static final int MERGED_BYTES_MAX = 2 << 20;

  // The log's own limit, less what is added here.
  private static final int MERGED_EVENT_BYTES_MAX = SegmentEvent.BYTES_MAX - (1 << 10);
  private static final Pattern TRACEPARENT =
      Pattern.compile("[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}");
  private static final JsonNode NO_BATCH = MissingNode.getInstance();
  private static final Duration LOG_TIMEOUT = EventLog.COLLECTED_MAX.plusSeconds(1);

  private final EventLog log;
  private final DeadLetters deadLetters;
  private final WriteKeys keys;
  private final InstantSource clock;
  private final Masking masking;
  private final Schemas schemas;
  private final Supplier<Definitions> definitions;
  private final Intake intake = new Intake();

  /**
   * @param definitions what must not be stored, and what events look like, as of now
   */
  public Collector(
      EventLog log,
      DeadLetters deadLetters,
      CollectorConfig config,
      InstantSource clock,
      Masking masking,
      Schemas schemas,
      Supplier<Definitions> definitions) {
    this.log = log;
    this.deadLetters = deadLetters;
    this.keys = new WriteKeys(config);
    this.clock = clock;
    this.masking = masking;
    this.schemas = schemas;
    this.definitions = definitions;
  }

  /** Room for requests. */
  Intake intake() {
    return intake;
  }

  /** Which write keys there are. */
  WriteKeys keys() {
    return keys;
  }

  /**
   * What a request says beside its body.
   *
   * @param user of Basic authentication
   * @param queryKey {@code writeKey} in the query
   * @param traceparent empty when there is none
   */
  record Sender(Optional<String> user, Optional<String> queryKey, String traceparent) {
    // In this order, as Segment's API has it.
    Optional<String> writeKey(JsonNode body) {
      JsonNode inBody = body.path("writeKey");
      return user.or(() -> inBody.isTextual() ? Optional.of(inBody.textValue()) : Optional.empty())
          .or(() -> queryKey);
    }
  }

  /** Ready for the log. */
  private static final class Ready {
    final String key;
    final byte[] json;

    Ready(String key, byte[] json) {
      this.key = key;
      this.json = json;
    }
  }

  /** Events for the log, and what goes to dead letters. */
  private record Unpacked(List<Ready> events, List<DeadLetter> letters, String writeKey) {
    int size() {
      return events.stream().mapToInt(event -> event.json.length).sum()
          + letters.stream().mapToInt(DeadLetter::getSerializedSize).sum();
    }
  }

  /**
   * Takes one event.
   *
   * @param type of the path
   * @return where it stands in the log
   * @throws HttpProblem 400 when it is not valid, 401 when its write key is not, 503 when the log
   *     does not take it in time
   */
  Optional<WriteToken> single(String type, byte[] body, Sender sender, Intake.Lease lease) {
    Instant receivedAt = clock.instant();
    Unpacked unpacked =
        intake.unpack(
            () -> {
              if (!(Json.parseLarge(body) instanceof ObjectNode event)) {
                throw HttpProblem.badRequest("invalid_event", "the event is no JSON object");
              }
              String writeKey = keys.name(sender.writeKey(event));
              mask(event);
              event.put("type", type);
              try {
                Ready ready = ready(event, NO_BATCH, receivedAt);
                schemas.checkAlone(event, definitions.get());
                return new Unpacked(List.of(ready), List.of(), writeKey);
              } catch (MalformedEventException e) {
                throw HttpProblem.badRequest("invalid_event", String.valueOf(e.getMessage()));
              }
            });
    return send(unpacked, sender, lease);
  }

  /**
   * Takes a batch: {@code {"batch": [event, …], "context"?, "sentAt"?, "writeKey"?}}.
   *
   * @return where those of its events stand that the log has; empty when all were refused
   */
  Optional<WriteToken> batch(byte[] body, Sender sender, Intake.Lease lease) {
    Instant receivedAt = clock.instant();
    return send(intake.unpack(() -> unpack(body, sender, receivedAt)), sender, lease);
  }

  private Unpacked unpack(byte[] body, Sender sender, Instant receivedAt) {
    JsonNode document = Json.parseLarge(body);
    String writeKey = keys.name(sender.writeKey(document));
    mask(document);
    JsonNode batch = document.path("batch");
    if (!batch.isArray() || batch.isEmpty()) {
      throw HttpProblem.badRequest("invalid_batch", "batch: missing, empty or not a list");
    }
    if (batch.size() > BATCH_EVENTS_MAX) {
      throw HttpProblem.badRequest(
          "invalid_batch",
          "batch: " + batch.size() + " events (allowed: " + BATCH_EVENTS_MAX + ")");
    }
    List<Ready> events = new ArrayList<>(batch.size());
    List<DeadLetter> letters = new ArrayList<>();
    int merged = 0;
    for (JsonNode event : batch) {
      try {
        if (!(event instanceof ObjectNode object)) {
          throw new MalformedEventException("the event is no JSON object");
        }
        Ready ready = ready(object, document, receivedAt);
        merged += ready.json.length;
        events.add(ready);
      } catch (MalformedEventException e) {
        letters.add(letter(event, String.valueOf(e.getMessage())));
      }
      if (merged > MERGED_BYTES_MAX) {
        throw HttpProblem.badRequest(
            "invalid_batch",
            "batch: with its context in each event more than "
                + MERGED_BYTES_MAX
                + " bytes; send fewer events at once");
      }
    }
    return new Unpacked(events, letters, writeKey);
  }

  private void mask(JsonNode document) {
    masking.json(document, definitions.get().catalog().forbidden(), Masking.Place.COLLECTOR);
  }

  private Optional<WriteToken> send(Unpacked unpacked, Sender sender, Intake.Lease lease) {
    lease.resize(unpacked.size());
    List<CompletableFuture<RecordMetadata>> events = new ArrayList<>(unpacked.events().size());
    String traceparent = traceparent(sender);
    for (Ready event : unpacked.events()) {
      // While the log is away each further event would wait for it in vain.
      if (!events.isEmpty() && events.getLast().isCompletedExceptionally()) {
        break;
      }
      events.add(
          log.appendCollected(event.key, event.json, traceparent, unpacked.writeKey())
              .toCompletableFuture());
    }
    await(events);
    // After the events: when those are not taken, all of it comes again.
    await(
        unpacked.letters().stream()
            .map(letter -> deadLetters.send(letter).toCompletableFuture())
            .toList());
    return token(events);
  }

  // A header is stored as well, so that it must be what it says and nothing else.
  private String traceparent(Sender sender) {
    String given = sender.traceparent();
    return TRACEPARENT.matcher(given).matches()
            && definitions.get().catalog().forbidden().text(given).equals(given)
        ? given
        : "";
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

  private static Ready ready(ObjectNode event, JsonNode batch, Instant receivedAt)
      throws MalformedEventException {
    event.remove("writeKey");
    ObjectNode merged = inherit(event, batch);
    SegmentEvent.check(merged);
    EventTime.stamp(merged, receivedAt);
    if (merged.path("messageId").asText("").isEmpty()) {
      // As Segment's API does: two equal page views are two, and a copy can be told from here on.
      merged.put("messageId", "attune-" + UUID.randomUUID());
    }
    byte[] json = bytes(merged);
    if (json.length > EVENT_BYTES_MAX) {
      // The sender's part alone counts: what was added here is none of its doing.
      int own = bytes(event).length;
      if (own > EVENT_BYTES_MAX) {
        throw new MalformedEventException(
            "the event has " + own + " bytes (allowed: " + EVENT_BYTES_MAX + ")");
      }
      if (json.length > MERGED_EVENT_BYTES_MAX) {
        throw new MalformedEventException(
            "the event has "
                + json.length
                + " bytes with the context of its batch (allowed: "
                + MERGED_EVENT_BYTES_MAX
                + ")");
      }
    }
    return new Ready(SegmentEvent.key(merged), json);
  }

  // What the batch says for all of its events; an event's own word counts more.
  private static ObjectNode inherit(ObjectNode event, JsonNode batch) {
    ObjectNode merged = Json.mapper().createObjectNode();
    merged.setAll(event);
    if (!event.has("sentAt") && batch.has("sentAt")) {
      merged.set("sentAt", batch.get("sentAt"));
    }
    if (batch.path("context") instanceof ObjectNode shared) {
      ObjectNode context = Json.mapper().createObjectNode();
      context.setAll(shared);
      if (event.path("context") instanceof ObjectNode own) {
        context.setAll(own);
      }
      merged.set("context", context);
    }
    return merged;
  }

  private static byte[] bytes(JsonNode node) {
    return Json.write(json -> Json.mapper().writeTree(json, node));
  }

  private DeadLetter letter(JsonNode event, String reason) {
    return DeadLetter.newBuilder()
        .setId("collector-" + UUID.randomUUID())
        .setPart("collector")
        .setKey(ByteString.copyFrom("collector", StandardCharsets.UTF_8))
        .setValue(ByteString.copyFrom(bytes(event)))
        .setReason(reason)
        .setAttempts(1)
        .setAtMicros(clock.millis() * 1_000)
        .build();
  }

  private static void await(List<? extends CompletableFuture<?>> sent) {
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
