package dev.attune.platform.deadletter;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Json;
import dev.attune.platform.http.JsonBody;
import dev.attune.platform.http.OperatorOnly;
import dev.attune.platform.http.Replies;
import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.proto.v1.DeadLetter;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * {@code GET /v1/dead-letters}, {@code GET /v1/dead-letters/{id}} and {@code POST
 * /v1/dead-letters:replay}. Only the second one shows what was in the record.
 */
public final class DeadLettersHttp implements Consumer<HttpRouting.Builder> {
  private static final int LIMIT = 100;
  private static final int LIMIT_MAX = 1_000;

  private final DeadLetterLog log;
  private final DeadLetterReplay replay;

  public DeadLettersHttp(DeadLetterLog log, DeadLetterReplay replay) {
    this.log = log;
    this.replay = replay;
  }

  @Override
  public void accept(HttpRouting.Builder http) {
    http.get("/v1/dead-letters", this::list)
        .get("/v1/dead-letters/{id}", this::show)
        .post("/v1/dead-letters:replay", OperatorOnly.json(this::replay));
  }

  private void list(ServerRequest request, ServerResponse response) {
    int limit = limit(request.query().first("limit").orElse(""));
    String part = request.query().first("part").orElse("");
    // One more than is shown says whether there are older ones.
    List<DeadLetter> letters =
        log.newest(limit + 1, letter -> part.isEmpty() || letter.getPart().equals(part));
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          json.writeNumberField("open", log.open());
          json.writeNumberField("dropped", log.dropped());
          json.writeBooleanField("more", letters.size() > limit);
          json.writeArrayFieldStart("deadLetters");
          for (DeadLetter letter : letters.subList(0, Math.min(limit, letters.size()))) {
            json.writeStartObject();
            writeFields(json, letter);
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeEndObject();
        });
  }

  private static int limit(String given) {
    try {
      int limit = given.isEmpty() ? LIMIT : Integer.parseInt(given);
      if (limit >= 1 && limit <= LIMIT_MAX) {
        return limit;
      }
    } catch (NumberFormatException e) {
      // Said below, with the bounds.
    }
    throw JsonBody.invalid("limit: a whole number from 1 to " + LIMIT_MAX + " was expected");
  }

  private void show(ServerRequest request, ServerResponse response) {
    DeadLetter letter =
        log.find(request.path().pathParameters().get("id"))
            .orElseThrow(() -> HttpProblem.notFound("there is no such dead letter"));
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          writeFields(json, letter);
          json.writeNumberField("partition", letter.getPartition());
          json.writeNumberField("offset", letter.getOffset());
          json.writeStringField("replayTopic", letter.getReplayTopic());
          writeBytes(json, "key", letter.getKey());
          writeBytes(json, "value", letter.getValue());
          json.writeObjectFieldStart("headers");
          for (var header : letter.getHeadersList()) {
            json.writeStringField(header.getKey(), header.getValue().getText());
          }
          json.writeEndObject();
          json.writeEndObject();
        });
  }

  private static void writeFields(JsonGenerator json, DeadLetter letter) throws IOException {
    json.writeStringField("id", letter.getId());
    json.writeStringField("part", letter.getPart());
    json.writeStringField("topic", letter.getTopic());
    json.writeStringField("reason", letter.getReason());
    json.writeNumberField("attempts", letter.getAttempts());
    json.writeStringField(
        "at", Instant.EPOCH.plus(letter.getAtMicros(), ChronoUnit.MICROS).toString());
    json.writeBooleanField("replayed", letter.getReplayed());
  }

  /** As text where it is text, else {@code <name>Base64}. */
  private static void writeBytes(JsonGenerator json, String name, ByteString bytes)
      throws IOException {
    if (bytes.isValidUtf8()) {
      json.writeStringField(name, bytes.toStringUtf8());
    } else {
      json.writeBinaryField(name + "Base64", bytes.toByteArray());
    }
  }

  private void replay(ServerRequest request, ServerResponse response) {
    JsonNode body = Json.parse(Replies.body(request, Replies.BODY_BYTES_MAX));
    JsonBody.requireKeys(body, List.of("ids", "all"));
    boolean all = JsonBody.bool(body, "all", false);
    if (all == body.has("ids")) {
      throw JsonBody.invalid("either ids or \"all\": true was expected");
    }
    List<String> ids = all ? replay.openIds() : ids(body);
    DeadLetterReplay.Result result;
    try {
      result = replay.replay(ids);
    } catch (KafkaUnavailableException e) {
      throw HttpProblem.unavailable(e.getMessage() + "; some of them may have been");
    }
    Replies.json(
        response,
        200,
        json -> {
          json.writeStartObject();
          Json.writeTexts(json, "replayed", result.replayed());
          json.writeArrayFieldStart("skipped");
          for (var skipped : result.skipped().entrySet()) {
            json.writeStartObject();
            json.writeStringField("id", skipped.getKey());
            json.writeStringField("reason", skipped.getValue());
            json.writeEndObject();
          }
          json.writeEndArray();
          json.writeNumberField("open", log.open());
          json.writeEndObject();
        });
  }

  private static List<String> ids(JsonNode body) {
    List<String> ids = new ArrayList<>();
    for (JsonNode id : JsonBody.array(body, "ids")) {
      if (!id.isTextual() || ids.size() == DeadLetterReplay.LETTERS_MAX) {
        throw JsonBody.invalid(
            "ids: an array of at most " + DeadLetterReplay.LETTERS_MAX + " strings was expected");
      }
      if (!ids.contains(id.textValue())) {
        ids.add(id.textValue());
      }
    }
    return ids;
  }
}
