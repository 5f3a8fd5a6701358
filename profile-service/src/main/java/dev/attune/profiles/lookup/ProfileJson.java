package dev.attune.profiles.lookup;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import java.io.IOException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;

/** A profile as JSON: instants in ISO-8601 UTC, dates as yyyy-mm-dd, 64-bit integers as numbers. */
final class ProfileJson {
  private ProfileJson() {}

  static void write(JsonGenerator json, Profile profile, long readAtMicros) throws IOException {
    json.writeStartObject();
    json.writeStringField("profile_id", profile.getProfileId());
    json.writeArrayFieldStart("identifiers");
    for (var identifier : profile.getIdentifiersList()) {
      json.writeStartObject();
      json.writeStringField("namespace", identifier.getNamespace());
      json.writeStringField("value", identifier.getValue());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeObjectFieldStart("traits");
    for (Trait trait : profile.getTraitsList()) {
      json.writeFieldName(trait.getName());
      value(json, trait.getValue());
    }
    json.writeEndObject();
    json.writeArrayFieldStart("audiences");
    for (Membership membership : profile.getAudiencesList()) {
      json.writeStartObject();
      json.writeStringField("audience", membership.getAudience());
      json.writeStringField("entered_at", iso(membership.getEnteredAtMicros()));
      if (membership.getValidUntilMicros() != 0) {
        json.writeStringField("valid_until", iso(membership.getValidUntilMicros()));
      }
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("merged_from");
    for (String merged : profile.getMergedFromList()) {
      json.writeString(merged);
    }
    json.writeEndArray();
    json.writeStringField("updated_at", iso(profile.getUpdatedAtMicros()));
    json.writeNumberField("version", profile.getVersion());
    json.writeStringField("read_at", iso(readAtMicros));
    json.writeEndObject();
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

  private static String iso(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS).toString();
  }
}
