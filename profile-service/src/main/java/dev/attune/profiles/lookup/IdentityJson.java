package dev.attune.profiles.lookup;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.attune.proto.v1.GetIdentityResponse;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.LinkEvidence;
import dev.attune.proto.v1.LinkOutcome;
import dev.attune.proto.v1.SplitEvidence;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** An identity as HTTP tells it; the OpenAPI document has the form. */
final class IdentityJson {
  private static final String OUTCOME_PREFIX = "LINK_";

  private IdentityJson() {}

  static void write(JsonGenerator json, GetIdentityResponse identity) throws IOException {
    json.writeStartObject();
    json.writeStringField("profile_id", identity.getProfileId());
    text(json, "canonical_id", identity.getCanonicalId());
    json.writeArrayFieldStart("identifiers");
    for (var known : identity.getIdentifiersList()) {
      json.writeStartObject();
      value(json, known.getIdentifier());
      if (known.getFirstSeenMicros() != 0) {
        instant(json, "first_seen", known.getFirstSeenMicros());
      }
      flag(json, "shared", known.getShared());
      json.writeEndObject();
    }
    json.writeEndArray();
    links(json, "links", identity.getLinksList());
    links(json, "skipped", identity.getSkippedList());
    json.writeArrayFieldStart("splits");
    for (SplitEvidence split : identity.getSplitsList()) {
      json.writeStartObject();
      identifier(json, "a", split.getA());
      identifier(json, "b", split.getB());
      instant(json, "at", split.getAtMicros());
      json.writeStringField("by", split.getBy());
      json.writeStringField("reason", split.getReason());
      flag(json, "lifted", split.getLifted());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("merged_from");
    for (var former : identity.getMergedFromList()) {
      json.writeStartObject();
      json.writeStringField("profile_id", former.getProfileId());
      if (former.hasIdentifier()) {
        identifier(json, "identifier", former.getIdentifier());
      }
      json.writeEndObject();
    }
    json.writeEndArray();
    if (identity.getLeftOut() > 0) {
      json.writeNumberField("left_out", identity.getLeftOut());
    }
    instant(json, "read_at", identity.getReadAtMicros());
    json.writeEndObject();
  }

  private static void links(JsonGenerator json, String name, List<LinkEvidence> links)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (LinkEvidence link : links) {
      json.writeStartObject();
      identifier(json, "a", link.getA());
      identifier(json, "b", link.getB());
      json.writeStringField("source", link.getSource());
      text(json, "origin", link.getOrigin());
      instant(json, "at", link.getAtMicros());
      json.writeStringField("outcome", label(link.getOutcome()));
      text(json, "namespace", link.getNamespace());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static String label(LinkOutcome outcome) {
    return outcome.name().substring(OUTCOME_PREFIX.length()).toLowerCase(Locale.ROOT);
  }

  private static void identifier(JsonGenerator json, String name, Identifier identifier)
      throws IOException {
    json.writeObjectFieldStart(name);
    value(json, identifier);
    json.writeEndObject();
  }

  private static void value(JsonGenerator json, Identifier identifier) throws IOException {
    json.writeStringField("namespace", identifier.getNamespace());
    json.writeStringField("value", identifier.getValue());
  }

  private static void instant(JsonGenerator json, String name, long micros) throws IOException {
    json.writeStringField(name, IsoMicros.instant(micros));
  }

  private static void text(JsonGenerator json, String name, String text) throws IOException {
    if (!text.isEmpty()) {
      json.writeStringField(name, text);
    }
  }

  private static void flag(JsonGenerator json, String name, boolean set) throws IOException {
    if (set) {
      json.writeBooleanField(name, true);
    }
  }
}
