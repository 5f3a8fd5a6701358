package dev.attune.evaluator;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.audience.AudienceChanges;
import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.CompiledAudience;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import dev.attune.platform.definition.DefinitionFile;
import dev.attune.platform.definition.DefinitionsPreview;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.Json;
import dev.attune.platform.http.JsonBody;
import dev.attune.platform.http.OperatorOnly;
import dev.attune.platform.http.Replies;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * {@code POST /v1/audiences:preview}: for each audience that files of definitions would change, how
 * many would enter and leave, with examples. Looks at the states of the partitions that this
 * process has and, where an audience counts events that were not remembered, at those that the end
 * of the log has; for a bounded time, and says at how many it could look and how far back.
 */
final class PreviewHttp {
  /** Longest look; whoever asks waits for it. */
  private static final Duration LOOK_MAX = Duration.ofSeconds(40);

  private final DefinitionsSource definitions;
  private final DefinitionsPreview preview;
  private final ProfileStates states;
  private final ChangesLog log;
  private final EvaluatorMetrics metrics;
  private final int partitions;
  private final LongLook looks = new LongLook("another preview is under way");

  /**
   * @param partitions that there are, of this process and of others
   */
  PreviewHttp(
      DefinitionsSource definitions,
      DefinitionsPreview preview,
      ProfileStates states,
      ChangesLog log,
      EvaluatorMetrics metrics,
      int partitions) {
    this.definitions = definitions;
    this.preview = preview;
    this.states = states;
    this.log = log;
    this.metrics = metrics;
    this.partitions = partitions;
  }

  void routes(HttpRouting.Builder http) {
    http.post("/v1/audiences:preview", OperatorOnly.json(this::preview));
  }

  private void preview(ServerRequest request, ServerResponse response) {
    JsonNode body = Json.parseLarge(Replies.body(request, HttpServer.BODY_BYTES_MAX));
    JsonBody.requireKeys(body, List.of("files", "prune"));
    boolean prune = JsonBody.bool(body, "prune", false);
    List<DefinitionFile> files = DefinitionFile.list(body);
    // Compiling for it is part of it.
    Looked looked = looks.look(() -> look(files, prune));
    Replies.json(response, 200, json -> write(json, looked));
  }

  /**
   * @param before the set that is in force
   * @param logged events of the log; empty when what is remembered does
   * @param nowMicros as of when
   * @param whole whether all profiles of the partitions at hand were looked at
   * @param partitions how many those are
   * @param warnings of names that are probably misspelt
   */
  private record Looked(
      Preview preview,
      AudienceSet before,
      Optional<LoggedEvents> logged,
      long nowMicros,
      boolean whole,
      int partitions,
      List<String> warnings) {}

  private Looked look(List<DefinitionFile> files, boolean prune) {
    Definitions before = definitions.current();
    DefinitionsPreview.Previewed previewed;
    try {
      previewed = preview.with(files, prune);
    } catch (DefinitionException e) {
      throw HttpProblem.badRequest("invalid_definition", String.valueOf(e.getMessage()));
    }
    long now = states.nowMicros();
    long end = System.nanoTime() + LOOK_MAX.toNanos();
    AudienceSet had = AudienceSet.compile(before);
    AudienceSet has = AudienceSet.compile(previewed.set());
    AudienceChanges changes = AudienceChanges.between(before, previewed.set());
    Preview remembered = new Preview(had, has, changes, known(Optional.empty(), now), now);
    Set<String> missing = remembered.unknownEvents();
    Optional<LoggedEvents> logged =
        missing.isEmpty() ? Optional.empty() : Optional.of(log.read(missing, states.numbers()));
    Preview looked =
        logged.isEmpty() ? remembered : new Preview(had, has, changes, known(logged, now), now);
    boolean whole =
        looked.differences().isEmpty()
            || states.forEach(
                looked.after(),
                (profileId, state) -> {
                  logged.ifPresent(events -> events.addTo(profileId, state, now));
                  looked.look(profileId, state);
                  return System.nanoTime() - end < 0;
                });
    return new Looked(
        looked, had, logged, now, whole, states.partitionCount(), previewed.warnings());
  }

  private Predicate<CompiledAudience> known(Optional<LoggedEvents> logged, long now) {
    return audience ->
        metrics.knows(audience, now)
            || logged
                .filter(events -> audience.completeFrom(events.fromMicros(), now).isEmpty())
                .isPresent();
  }

  private void write(JsonGenerator json, Looked looked) throws IOException {
    Preview preview = looked.preview();
    json.writeStartObject();
    json.writeNumberField("profiles", preview.profiles());
    json.writeBooleanField("all_profiles", looked.whole() && looked.partitions() == partitions);
    json.writeNumberField("partitions", looked.partitions());
    json.writeNumberField("all_partitions", partitions);
    if (looked.logged().isPresent()) {
      write(json, looked.logged().get());
    }
    Json.writeTexts(json, "warnings", looked.warnings());
    json.writeArrayFieldStart("audiences");
    AudienceSet after = preview.after();
    for (Preview.Difference difference : preview.differences()) {
      json.writeStartObject();
      json.writeStringField("name", difference.name());
      Optional<CompiledAudience> audience = after.audience(difference.name());
      if (audience.isPresent()) {
        AudiencesHttp.writeBounded(json, after, audience.get());
        writeCompleteFrom(json, audience.get(), looked);
      }
      Optional<CompiledAudience> was = looked.before().audience(difference.name());
      if (was.isPresent()) {
        json.writeStringField("state", metrics.stage(was.get()).label());
      }
      json.writeBooleanField("removed", difference.isGone());
      json.writeNumberField("members", difference.members());
      json.writeNumberField("enter", difference.enter());
      json.writeNumberField("leave", difference.leave());
      json.writeStringField("unknown", difference.unknown().name().toLowerCase(Locale.ROOT));
      Json.writeTexts(json, "entering", difference.entering());
      Json.writeTexts(json, "leaving", difference.leaving());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }

  // How far the log was looked at.
  private static void write(JsonGenerator json, LoggedEvents logged) throws IOException {
    json.writeObjectFieldStart("log");
    json.writeNumberField("events", logged.count());
    json.writeStringField(
        "from",
        logged.fromMicros() == 0
            ? "all"
            : logged.fromMicros() == LoggedEvents.UNKNOWN
                ? "unknown"
                : MicrosText.of(logged.fromMicros()));
    json.writeEndObject();
  }

  // Once it is applied and what the log has was told to it.
  private void writeCompleteFrom(JsonGenerator json, CompiledAudience audience, Looked looked)
      throws IOException {
    if (metrics.knows(audience, looked.nowMicros())) {
      AudiencesHttp.writeCompleteFrom(json, audience, metrics, looked.nowMicros());
      return;
    }
    Optional<LoggedEvents> logged =
        looked.logged().filter(events -> events.fromMicros() != LoggedEvents.UNKNOWN);
    if (logged.isPresent()) {
      AudiencesHttp.writeCompleteFrom(
          json, audience.completeFrom(logged.get().fromMicros(), looked.nowMicros()));
    }
  }
}
