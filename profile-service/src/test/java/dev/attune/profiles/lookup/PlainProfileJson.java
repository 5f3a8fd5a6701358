package dev.attune.profiles.lookup;

import com.fasterxml.jackson.core.JsonGenerator;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Snapshot;
import dev.attune.proto.v1.TokenState;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.TraitStatus;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/** An answer as JSON, by the parser of the contract and a JSON library: what the service writes. */
final class PlainProfileJson {
  private PlainProfileJson() {}

  /**
   * The profile of an answer.
   *
   * @throws InvalidProtocolBufferException when the stored bytes are none
   */
  static Profile profile(Answer answer) throws InvalidProtocolBufferException {
    return Profile.parseFrom(answer.profile());
  }

  static void write(JsonGenerator json, Profile profile, Answer answer) throws IOException {
    Selection selection = answer.selection();
    json.writeStartObject();
    json.writeStringField("profile_id", profile.getProfileId());
    if (!answer.canonicalId().isEmpty()) {
      json.writeStringField("canonical_id", answer.canonicalId());
    }
    if (!selection.view().isEmpty()) {
      json.writeStringField("view", selection.view());
    }
    if (selection.identifiers()) {
      identifiers(json, profile);
    }
    if (selection.whole()) {
      json.writeObjectFieldStart("traits");
      for (Trait trait : profile.getTraitsList()) {
        json.writeFieldName(trait.getName());
        value(json, trait.getValue());
      }
      json.writeEndObject();
    } else if (selection.showsTraits()) {
      selectedTraits(json, profile, answer);
    }
    if (selection.showsAudiences()) {
      audiences(json, profile);
    }
    json.writeArrayFieldStart("merged_from");
    for (String merged : profile.getMergedFromList()) {
      json.writeString(merged);
    }
    json.writeEndArray();
    json.writeStringField("updated_at", iso(profile.getUpdatedAtMicros()));
    json.writeNumberField("version", profile.getVersion());
    json.writeStringField("read_at", iso(answer.readAtMicros()));
    if (answer.tokenState() != TokenState.TOKEN_STATE_UNSPECIFIED) {
      json.writeStringField("token_state", label(answer.tokenState()));
    }
    json.writeEndObject();
  }

  /** An enum's name as JSON calls it. */
  static String label(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  /** Microseconds as ISO-8601. */
  static String iso(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString();
  }

  private static void identifiers(JsonGenerator json, Profile profile) throws IOException {
    json.writeArrayFieldStart("identifiers");
    for (var identifier : profile.getIdentifiersList()) {
      json.writeStartObject();
      json.writeStringField("namespace", identifier.getNamespace());
      json.writeStringField("value", identifier.getValue());
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void selectedTraits(JsonGenerator json, Profile profile, Answer answer)
      throws IOException {
    Map<String, Trait> byName = new HashMap<>();
    profile.getTraitsList().forEach(trait -> byName.put(trait.getName(), trait));
    json.writeObjectFieldStart("traits");
    for (TraitStatus status : answer.statuses()) {
      json.writeObjectFieldStart(status.getName());
      json.writeStringField("status", label(status.getStatus()));
      Trait trait = byName.get(status.getName());
      if (trait != null) {
        json.writeFieldName("value");
        value(json, trait.getValue());
        json.writeStringField("updated_at", iso(trait.getUpdatedAtMicros()));
        json.writeStringField("source", trait.getSource());
        if (!trait.getOrigin().isEmpty()) {
          json.writeStringField("origin", trait.getOrigin());
        }
        if (trait.getSnapshot() > 0 && trait.getSnapshot() <= profile.getSnapshotsCount()) {
          Snapshot snapshot = profile.getSnapshots(trait.getSnapshot() - 1);
          json.writeObjectFieldStart("snapshot");
          json.writeStringField("run_id", snapshot.getRunId());
          json.writeStringField("data_time", iso(snapshot.getDataTimeMicros()));
          json.writeEndObject();
        }
        if (trait.getUndeclared()) {
          json.writeBooleanField("undeclared", true);
        }
      }
      json.writeEndObject();
    }
    json.writeEndObject();
  }

  private static void audiences(JsonGenerator json, Profile profile) throws IOException {
    json.writeArrayFieldStart("audiences");
    for (Membership membership : profile.getAudiencesList()) {
      json.writeStartObject();
      json.writeStringField("audience", membership.getAudience());
      json.writeStringField("entered_at", iso(membership.getEnteredAtMicros()));
      if (membership.getValidUntilMicros() != 0) {
        json.writeStringField("valid_until", iso(membership.getValidUntilMicros()));
      }
      long completeFrom = membership.getCompleteFromMicros();
      if (completeFrom != 0) {
        json.writeStringField(
            "complete_from", completeFrom == Long.MAX_VALUE ? "never" : iso(completeFrom));
      }
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void value(JsonGenerator json, Value value) throws IOException {
    switch (value.getKindCase()) {
      case BOOLEAN -> json.writeBoolean(value.getBoolean());
      case INTEGER -> json.writeNumber(value.getInteger());
      case NUMBER -> number(json, value.getNumber());
      case TEXT -> json.writeString(value.getText());
      case TIMESTAMP_MICROS -> json.writeString(iso(value.getTimestampMicros()));
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
      case NULL_VALUE, KIND_NOT_SET -> json.writeNull();
    }
  }

  /** JSON has no NaN; the contract has none either, and a reply must stay readable if it did. */
  private static void number(JsonGenerator json, double number) throws IOException {
    if (Double.isFinite(number)) {
      json.writeNumber(number);
    } else {
      json.writeNull();
    }
  }
}
