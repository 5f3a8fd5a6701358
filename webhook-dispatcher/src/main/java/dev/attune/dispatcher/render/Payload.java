package dev.attune.dispatcher.render;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.attune.core.view.ViewDefinition;
import dev.attune.core.webhook.OperationalEvents;
import dev.attune.core.webhook.WebhookState;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Transition;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The bodies of webhooks: UTF-8 JSON in the form of Standard Webhooks, properties in the order
 * shown, no white space, times in ISO 8601 UTC. The same cause always gives the same bytes, under
 * the same {@code webhook-id}, by which subscribers tell what they have had already. A request with
 * the header {@code attune-replay: true} may be older than others that came before it.
 *
 * <p>A person entered or left an audience ({@code audience.exited}; reasons: {@code change}, {@code
 * time}, {@code definition}, {@code merged}, and {@code replay} of what is true now when an
 * operator asks for it and the transition is not known; {@code valid_until} only where an end is
 * known, and only of an entry; {@code complete_from} only where not all of the past was known that
 * the audience looks at: when its windows have left that behind, or {@code never}; evidence: the
 * events that decided it, newest first, at most 10, of each the first 14 hexadecimal digits of the
 * SHA-256 of its event id; {@code profile_id} may be one that was merged into another since):
 *
 * <pre>{@code
 * {"type":"audience.entered","timestamp":"2026-03-01T10:00:00Z","data":{
 *   "profile_id":"0f...","audience":"vip","reason":"change","at":"2026-03-01T10:00:00Z",
 *   "valid_until":"2026-03-31T10:00:00Z","evidence":["a5c7e1d20f4b98","0012fe84bd6390"],
 *   "definition_version":7}}
 * }</pre>
 *
 * <p>An event happened ({@code via}: the identifier that brought it, so that the receiver knows
 * whom it is about. There is no profile id: a merge may change it between two deliveries of one
 * event; a look-up of the identifier gives the one of today):
 *
 * <pre>{@code
 * {"type":"event","timestamp":"2026-03-01T10:00:00Z","data":{
 *   "event":"Order Completed","event_id":"order-2",
 *   "occurred_at":"2026-03-01T10:00:00Z","via":{"namespace":"user_id","value":"42"},
 *   "properties":{"total":12.5}}}
 * }</pre>
 *
 * <p>What is known of a person changed ({@code traits}: all that the webhook wants, null where
 * there is no value; {@code merged_into} only where the profile was merged into another, under
 * whose id the person is told of from then on; {@code version} grows with each write of the
 * profile):
 *
 * <pre>{@code
 * {"type":"profile.changed","timestamp":"2026-03-01T10:00:00Z","data":{
 *   "profile_id":"0f...","version":1772359200000000,"traits":{"plan":"gold","total_spent":null}}}
 * }</pre>
 *
 * <p>A webhook is disabled (about nobody, for operators; {@code at}: since when):
 *
 * <pre>{@code
 * {"type":"webhook.disabled","timestamp":"2026-03-01T10:00:00Z","data":{
 *   "webhook":"crm","reason":"the endpoint has gone (HTTP 410)","at":"2026-03-01T10:00:00Z"}}
 * }</pre>
 */
final class Payload {
  static final String ENTERED = "audience.entered";
  static final String EXITED = "audience.exited";
  static final String EVENT = "event";
  static final String CHANGED = "profile.changed";

  /** What stands before an audience's name where a delivery's subject is that audience. */
  static final String AUDIENCE = "audience/";

  private Payload() {}

  static String type(Transition transition) {
    return transition.getEntered() ? ENTERED : EXITED;
  }

  static ByteString of(Transition transition) {
    return of(transition, reason(transition.getReason()));
  }

  /**
   * Of a membership whose transition is not known: that it is so now.
   *
   * @param transition without reason and evidence
   */
  static ByteString ofNow(Transition transition) {
    return of(transition, "replay");
  }

  private static ByteString of(Transition transition, String reason) {
    return write(
        json -> {
          open(json, type(transition), transition.getAtMicros());
          json.writeStringField("profile_id", transition.getProfileId());
          json.writeStringField("audience", transition.getAudience());
          json.writeStringField("reason", reason);
          json.writeStringField("at", time(transition.getAtMicros()));
          if (transition.getEntered() && transition.getValidUntilMicros() != 0) {
            json.writeStringField("valid_until", time(transition.getValidUntilMicros()));
          }
          long completeFrom = transition.getCompleteFromMicros();
          if (completeFrom != 0) {
            json.writeStringField(
                "complete_from", completeFrom == Long.MAX_VALUE ? "never" : time(completeFrom));
          }
          json.writeArrayFieldStart("evidence");
          for (String event : transition.getEvidenceList()) {
            json.writeString(event);
          }
          json.writeEndArray();
          json.writeNumberField("definition_version", transition.getDefinitionVersion());
        });
  }

  static ByteString of(Event event) {
    return write(
        json -> {
          open(json, EVENT, event.getOccurredAtMicros());
          json.writeStringField("event", event.getName());
          json.writeStringField("event_id", event.getEventId());
          json.writeStringField("occurred_at", time(event.getOccurredAtMicros()));
          json.writeObjectFieldStart("via");
          json.writeStringField("namespace", event.getVia().getNamespace());
          json.writeStringField("value", event.getVia().getValue());
          json.writeEndObject();
          json.writeObjectFieldStart("properties");
          for (ValueEntry entry : event.getProperties().getObject().getEntriesList()) {
            json.writeFieldName(entry.getKey());
            value(json, entry.getValue());
          }
          json.writeEndObject();
        });
  }

  static ByteString of(ProfileRecord record, ProfileState state) {
    return write(
        json -> {
          open(json, CHANGED, record.getVersion());
          json.writeStringField("profile_id", record.getProfileId());
          json.writeNumberField("version", record.getVersion());
          state.write(json);
        });
  }

  /**
   * A document with what a view shows of the person in front of its end: {@code
   * "view":{"traits":{"plan":"gold"},"audiences":["vip"]}}.
   *
   * @param profile of the person; empty when nothing is known of anybody, so that values are null
   * @param nowMicros memberships that have ended by then are left out
   */
  static ByteString withView(
      ByteString document, ViewDefinition view, Optional<Profile> profile, long nowMicros) {
    Map<String, Value> known =
        profile.stream()
            .flatMap(p -> p.getTraitsList().stream())
            .collect(Collectors.toMap(Trait::getName, Trait::getValue, (first, _) -> first));
    byte[] shown =
        Json.write(
            json -> {
              json.writeStartObject();
              json.writeObjectFieldStart("traits");
              for (ViewDefinition.ViewTrait trait : view.traits()) {
                json.writeFieldName(trait.name());
                value(json, known.getOrDefault(trait.name(), Value.getDefaultInstance()));
              }
              json.writeEndObject();
              json.writeArrayFieldStart("audiences");
              for (Membership membership :
                  profile.map(Profile::getAudiencesList).orElse(List.of())) {
                boolean lasts =
                    membership.getValidUntilMicros() == 0
                        || membership.getValidUntilMicros() > nowMicros;
                if (lasts
                    && (view.allAudiences()
                        || view.audiences().contains(membership.getAudience()))) {
                  json.writeString(membership.getAudience());
                }
              }
              json.writeEndArray();
              json.writeEndObject();
            });
    return document
        .substring(0, document.size() - 1)
        .concat(ByteString.copyFromUtf8(",\"view\":"))
        .concat(UnsafeByteOperations.unsafeWrap(shown))
        .concat(ByteString.copyFromUtf8("}"));
  }

  static ByteString disabled(String webhook, WebhookState state) {
    long since = ChronoUnit.MICROS.between(Instant.EPOCH, state.since());
    return write(
        json -> {
          open(json, OperationalEvents.WEBHOOK_DISABLED, since);
          json.writeStringField("webhook", webhook);
          json.writeStringField("reason", state.reason());
          json.writeStringField("at", time(since));
        });
  }

  // Leaves the object "data" open.
  private static void open(JsonGenerator json, String type, long atMicros) throws IOException {
    json.writeStringField("type", type);
    json.writeStringField("timestamp", time(atMicros));
    json.writeObjectFieldStart("data");
  }

  private static String reason(Transition.Reason reason) {
    return reason == Transition.Reason.UNRECOGNIZED
        ? "unknown"
        : reason.name().toLowerCase(Locale.ROOT);
  }

  static void value(JsonGenerator json, Value value) throws IOException {
    switch (value.getKindCase()) {
      case NULL_VALUE, KIND_NOT_SET -> json.writeNull();
      case BOOLEAN -> json.writeBoolean(value.getBoolean());
      case INTEGER -> json.writeNumber(value.getInteger());
      case NUMBER -> json.writeNumber(value.getNumber());
      case TEXT -> json.writeString(value.getText());
      case TIMESTAMP_MICROS -> json.writeString(time(value.getTimestampMicros()));
      case DATE_DAYS -> json.writeString(LocalDate.ofEpochDay(value.getDateDays()).toString());
      case LIST -> {
        json.writeStartArray();
        for (Value item : value.getList().getValuesList()) {
          value(json, item);
        }
        json.writeEndArray();
      }
      case OBJECT -> {
        json.writeStartObject();
        for (ValueEntry entry : value.getObject().getEntriesList()) {
          json.writeFieldName(entry.getKey());
          value(json, entry.getValue());
        }
        json.writeEndObject();
      }
    }
  }

  private static String time(long micros) {
    return Instant.ofEpochSecond(
            Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000L)
        .toString();
  }

  private static ByteString write(Json.Writing body) {
    return UnsafeByteOperations.unsafeWrap(
        Json.write(
            json -> {
              json.writeStartObject();
              body.to(json);
              json.writeEndObject();
              json.writeEndObject();
            }));
  }
}
