package dev.attune.profiles.lookup;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Snapshot;
import dev.attune.proto.v1.TokenState;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.TraitStatus;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.proto.v1.ValueList;
import dev.attune.proto.v1.ValueObject;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * An answer as JSON: instants in ISO-8601 UTC, dates as yyyy-mm-dd, 64-bit integers as numbers. A
 * whole profile has its traits as {@code name: value}; a selected one says of each selected trait
 * its status and where the value is from.
 *
 * <p>Straight from the stored bytes: texts are UTF-8 there and here, so that they are copied, and
 * nothing else of a profile is worth an object.
 */
final class ProfileJson {
  private static final byte[] PROFILE_ID = JsonBytes.name("profile_id");
  private static final byte[] CANONICAL_ID = JsonBytes.name("canonical_id");
  private static final byte[] VIEW = JsonBytes.name("view");
  private static final byte[] IDENTIFIERS = JsonBytes.name("identifiers");
  private static final byte[] NAMESPACE = JsonBytes.name("namespace");
  private static final byte[] VALUE = JsonBytes.name("value");
  private static final byte[] TRAITS = JsonBytes.name("traits");
  private static final byte[] STATUS = JsonBytes.name("status");
  private static final byte[] SOURCE = JsonBytes.name("source");
  private static final byte[] ORIGIN = JsonBytes.name("origin");
  private static final byte[] SNAPSHOT = JsonBytes.name("snapshot");
  private static final byte[] RUN_ID = JsonBytes.name("run_id");
  private static final byte[] DATA_TIME = JsonBytes.name("data_time");
  private static final byte[] UNDECLARED = JsonBytes.name("undeclared");
  private static final byte[] AUDIENCES = JsonBytes.name("audiences");
  private static final byte[] AUDIENCE = JsonBytes.name("audience");
  private static final byte[] ENTERED_AT = JsonBytes.name("entered_at");
  private static final byte[] VALID_UNTIL = JsonBytes.name("valid_until");
  private static final byte[] MERGED_FROM = JsonBytes.name("merged_from");
  private static final byte[] UPDATED_AT = JsonBytes.name("updated_at");
  private static final byte[] VERSION = JsonBytes.name("version");
  private static final byte[] READ_AT = JsonBytes.name("read_at");
  private static final byte[] TOKEN_STATE = JsonBytes.name("token_state");

  /** As deep as the parser of the contract's messages goes. */
  private static final int DEPTH_MAX = 100;

  private final JsonBytes json;
  private final byte[] bytes;

  /** Of each field of the profile that is a text or a message: its number, begin and end. */
  private int[] fields = new int[96];

  private int fieldsUsed;
  private long updatedAtMicros;
  private long version;

  private ProfileJson(JsonBytes json, byte[] bytes) throws InvalidProtocolBufferException {
    this.json = json;
    this.bytes = bytes;
    index();
  }

  /**
   * Writes an answer, which is not "not modified".
   *
   * @throws InvalidProtocolBufferException when the stored bytes are no profile; a part may be
   *     written by then
   */
  static void write(JsonBytes json, Answer answer) throws InvalidProtocolBufferException {
    new ProfileJson(json, answer.profile().toByteArray()).write(answer);
  }

  /** How long an answer becomes, more or less, in bytes. */
  static int expected(Answer answer) {
    return answer.profile().size() * 5 / 4 + 512;
  }

  /** An enum's name as JSON calls it. */
  static String label(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private void index() throws InvalidProtocolBufferException {
    var in = new WireReader(bytes, 0, bytes.length);
    while (in.next()) {
      switch (in.field()) {
        case Profile.UPDATED_AT_MICROS_FIELD_NUMBER -> updatedAtMicros = in.number();
        case Profile.VERSION_FIELD_NUMBER -> version = in.number();
        default -> {
          if (fieldsUsed == fields.length) {
            fields = Arrays.copyOf(fields, 2 * fields.length);
          }
          fields[fieldsUsed++] = in.field();
          fields[fieldsUsed++] = in.from();
          fields[fieldsUsed++] = in.to();
        }
      }
    }
  }

  /** Writes one field's content. */
  private interface Each {
    void write(int from, int to) throws InvalidProtocolBufferException;
  }

  private void each(int field, Each each) throws InvalidProtocolBufferException {
    for (int i = 0; i < fieldsUsed; i += 3) {
      if (fields[i] == field) {
        each.write(fields[i + 1], fields[i + 2]);
      }
    }
  }

  private void write(Answer answer) throws InvalidProtocolBufferException {
    Selection selection = answer.selection();
    json.beginObject().field(PROFILE_ID);
    profileId();
    if (!answer.canonicalId().isEmpty()) {
      json.field(CANONICAL_ID).text(answer.canonicalId());
    }
    if (!selection.view().isEmpty()) {
      json.field(VIEW).text(selection.view());
    }
    if (selection.identifiers()) {
      json.field(IDENTIFIERS).beginArray();
      each(Profile.IDENTIFIERS_FIELD_NUMBER, this::identifier);
      json.endArray();
    }
    if (selection.whole()) {
      json.field(TRAITS).beginObject();
      each(Profile.TRAITS_FIELD_NUMBER, this::trait);
      json.endObject();
    } else if (selection.showsTraits()) {
      selectedTraits(answer);
    }
    if (selection.showsAudiences()) {
      json.field(AUDIENCES).beginArray();
      each(Profile.AUDIENCES_FIELD_NUMBER, this::membership);
      json.endArray();
    }
    json.field(MERGED_FROM).beginArray();
    each(Profile.MERGED_FROM_FIELD_NUMBER, this::text);
    json.endArray();
    json.field(UPDATED_AT).instant(updatedAtMicros);
    json.field(VERSION).number(version);
    json.field(READ_AT).instant(answer.readAtMicros());
    if (answer.tokenState() != TokenState.TOKEN_STATE_UNSPECIFIED) {
      json.field(TOKEN_STATE).text(label(answer.tokenState()));
    }
    json.endObject();
  }

  private void profileId() {
    for (int i = 0; i < fieldsUsed; i += 3) {
      if (fields[i] == Profile.PROFILE_ID_FIELD_NUMBER) {
        text(fields[i + 1], fields[i + 2]);
        return;
      }
    }
    text(0, 0);
  }

  private void text(int from, int to) {
    json.text(bytes, from, to);
  }

  private void identifier(int from, int to) throws InvalidProtocolBufferException {
    int[] namespace = {0, 0};
    int[] value = {0, 0};
    var in = new WireReader(bytes, from, to);
    while (in.next()) {
      switch (in.field()) {
        case Identifier.NAMESPACE_FIELD_NUMBER -> namespace = range(in);
        case Identifier.VALUE_FIELD_NUMBER -> value = range(in);
        default -> {}
      }
    }
    json.beginObject();
    json.field(NAMESPACE).text(bytes, namespace[0], namespace[1]);
    json.field(VALUE).text(bytes, value[0], value[1]);
    json.endObject();
  }

  private static int[] range(WireReader in) {
    return new int[] {in.from(), in.to()};
  }

  private void membership(int from, int to) throws InvalidProtocolBufferException {
    int[] audience = {0, 0};
    long enteredAt = 0;
    long validUntil = 0;
    var in = new WireReader(bytes, from, to);
    while (in.next()) {
      switch (in.field()) {
        case Membership.AUDIENCE_FIELD_NUMBER -> audience = range(in);
        case Membership.ENTERED_AT_MICROS_FIELD_NUMBER -> enteredAt = in.number();
        case Membership.VALID_UNTIL_MICROS_FIELD_NUMBER -> validUntil = in.number();
        default -> {}
      }
    }
    json.beginObject();
    json.field(AUDIENCE).text(bytes, audience[0], audience[1]);
    json.field(ENTERED_AT).instant(enteredAt);
    if (validUntil != 0) {
      json.field(VALID_UNTIL).instant(validUntil);
    }
    json.endObject();
  }

  /** A trait of a whole profile. */
  private void trait(int from, int to) throws InvalidProtocolBufferException {
    int[] name = {0, 0};
    int[] value = {0, 0};
    var in = new WireReader(bytes, from, to);
    while (in.next()) {
      switch (in.field()) {
        case Trait.NAME_FIELD_NUMBER -> name = range(in);
        case Trait.VALUE_FIELD_NUMBER -> value = range(in);
        default -> {}
      }
    }
    json.field(bytes, name[0], name[1]);
    value(value[0], value[1], 0);
  }

  private void selectedTraits(Answer answer) throws InvalidProtocolBufferException {
    Map<String, int[]> byName = new HashMap<>();
    each(Profile.TRAITS_FIELD_NUMBER, (from, to) -> byName.put(name(from, to), at(from, to)));
    json.field(TRAITS).beginObject();
    for (TraitStatus status : answer.statuses()) {
      byte[] name = status.getName().getBytes(UTF_8);
      json.field(name, 0, name.length).beginObject();
      json.field(STATUS).text(label(status.getStatus()));
      int[] trait = byName.get(status.getName());
      if (trait != null) {
        valueAndOrigin(trait[0], trait[1]);
      }
      json.endObject();
    }
    json.endObject();
  }

  private static int[] at(int from, int to) {
    return new int[] {from, to};
  }

  private String name(int from, int to) throws InvalidProtocolBufferException {
    var in = new WireReader(bytes, from, to);
    String name = "";
    while (in.next()) {
      if (in.field() == Trait.NAME_FIELD_NUMBER) {
        name = new String(bytes, in.from(), in.to() - in.from(), UTF_8);
      }
    }
    return name;
  }

  private void valueAndOrigin(int from, int to) throws InvalidProtocolBufferException {
    int[] value = {0, 0};
    int[] source = {0, 0};
    int[] origin = {0, 0};
    long updatedAt = 0;
    long snapshot = 0;
    boolean undeclared = false;
    var in = new WireReader(bytes, from, to);
    while (in.next()) {
      switch (in.field()) {
        case Trait.VALUE_FIELD_NUMBER -> value = range(in);
        case Trait.UPDATED_AT_MICROS_FIELD_NUMBER -> updatedAt = in.number();
        case Trait.SOURCE_FIELD_NUMBER -> source = range(in);
        case Trait.ORIGIN_FIELD_NUMBER -> origin = range(in);
        case Trait.UNDECLARED_FIELD_NUMBER -> undeclared = in.number() != 0;
        case Trait.SNAPSHOT_FIELD_NUMBER -> snapshot = in.number();
        default -> {}
      }
    }
    json.field(VALUE);
    value(value[0], value[1], 0);
    json.field(UPDATED_AT).instant(updatedAt);
    json.field(SOURCE).text(bytes, source[0], source[1]);
    if (origin[0] < origin[1]) {
      json.field(ORIGIN).text(bytes, origin[0], origin[1]);
    }
    snapshot(snapshot);
    if (undeclared) {
      json.field(UNDECLARED).bool(true);
    }
  }

  /** The one at this place, counted from 1; nothing when there is none. */
  private void snapshot(long place) throws InvalidProtocolBufferException {
    long left = place;
    for (int i = 0; left > 0 && i < fieldsUsed; i += 3) {
      if (fields[i] == Profile.SNAPSHOTS_FIELD_NUMBER && --left == 0) {
        json.field(SNAPSHOT);
        snapshot(fields[i + 1], fields[i + 2]);
      }
    }
  }

  private void snapshot(int from, int to) throws InvalidProtocolBufferException {
    int[] runId = {0, 0};
    long dataTime = 0;
    var in = new WireReader(bytes, from, to);
    while (in.next()) {
      switch (in.field()) {
        case Snapshot.RUN_ID_FIELD_NUMBER -> runId = range(in);
        case Snapshot.DATA_TIME_MICROS_FIELD_NUMBER -> dataTime = in.number();
        default -> {}
      }
    }
    json.beginObject();
    json.field(RUN_ID).text(bytes, runId[0], runId[1]);
    json.field(DATA_TIME).instant(dataTime);
    json.endObject();
  }

  private void value(int from, int to, int depth) throws InvalidProtocolBufferException {
    var in = new WireReader(bytes, from, to);
    if (!in.next()) {
      json.nothing();
      return;
    }
    if (depth == DEPTH_MAX) {
      throw new InvalidProtocolBufferException("a value that is nested too deep");
    }
    switch (in.field()) {
      case Value.BOOLEAN_FIELD_NUMBER -> json.bool(in.number() != 0);
      case Value.INTEGER_FIELD_NUMBER -> json.number(in.signed());
      // JSON has no NaN; the contract has none either, and a reply must stay readable if it did.
      case Value.NUMBER_FIELD_NUMBER -> json.number(Double.longBitsToDouble(in.number()));
      case Value.TEXT_FIELD_NUMBER -> text(in.from(), in.to());
      case Value.TIMESTAMP_MICROS_FIELD_NUMBER -> json.instant(in.signed());
      case Value.DATE_DAYS_FIELD_NUMBER -> json.date(in.signed());
      case Value.LIST_FIELD_NUMBER -> list(in.from(), in.to(), depth + 1);
      case Value.OBJECT_FIELD_NUMBER -> object(in.from(), in.to(), depth + 1);
      default -> json.nothing();
    }
  }

  private void list(int from, int to, int depth) throws InvalidProtocolBufferException {
    json.beginArray();
    var in = new WireReader(bytes, from, to);
    while (in.next()) {
      if (in.field() == ValueList.VALUES_FIELD_NUMBER) {
        value(in.from(), in.to(), depth);
      }
    }
    json.endArray();
  }

  private void object(int from, int to, int depth) throws InvalidProtocolBufferException {
    json.beginObject();
    var in = new WireReader(bytes, from, to);
    while (in.next()) {
      if (in.field() == ValueObject.ENTRIES_FIELD_NUMBER) {
        entry(in.from(), in.to(), depth);
      }
    }
    json.endObject();
  }

  private void entry(int from, int to, int depth) throws InvalidProtocolBufferException {
    int[] key = {0, 0};
    int[] value = {0, 0};
    var in = new WireReader(bytes, from, to);
    while (in.next()) {
      switch (in.field()) {
        case ValueEntry.KEY_FIELD_NUMBER -> key = range(in);
        case ValueEntry.VALUE_FIELD_NUMBER -> value = range(in);
        default -> {}
      }
    }
    json.field(bytes, key[0], key[1]);
    value(value[0], value[1], depth);
  }
}
