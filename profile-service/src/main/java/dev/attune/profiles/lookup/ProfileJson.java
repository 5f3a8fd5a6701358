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
  private static final byte[] COMPLETE_FROM = JsonBytes.name("complete_from");
  private static final byte[] MERGED_FROM = JsonBytes.name("merged_from");
  private static final byte[] UPDATED_AT = JsonBytes.name("updated_at");
  private static final byte[] VERSION = JsonBytes.name("version");
  private static final byte[] READ_AT = JsonBytes.name("read_at");
  private static final byte[] TOKEN_STATE = JsonBytes.name("token_state");

  /** As deep as the parser of the contract's messages goes. */
  private static final int DEPTH_MAX = 100;

  /** The range of what is not there. */
  private static final long NONE = 0;

  private final JsonBytes json;
  private final byte[] bytes;

  /** For one message at a time, which is read to its end before anything else is. */
  private final WireReader flat;

  /** Of each field of the profile that is a text or a message: its number, begin and end. */
  private int[] fields = new int[96];

  private int fieldsUsed;
  private long updatedAtMicros;
  private long version;

  private ProfileJson(JsonBytes json, byte[] bytes) throws InvalidProtocolBufferException {
    this.json = json;
    this.bytes = bytes;
    this.flat = new WireReader(bytes, 0, bytes.length);
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

  /** As of when something was read, and what became of the token: last members of an object. */
  static void asOf(JsonBytes json, long readAtMicros, TokenState tokenState) {
    json.field(READ_AT).instant(readAtMicros);
    if (tokenState != TokenState.TOKEN_STATE_UNSPECIFIED) {
      json.field(TOKEN_STATE).text(label(tokenState));
    }
  }

  /** An enum's name as JSON calls it. */
  static String label(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private void index() throws InvalidProtocolBufferException {
    while (flat.next()) {
      switch (flat.field()) {
        case Profile.UPDATED_AT_MICROS_FIELD_NUMBER -> updatedAtMicros = flat.number();
        case Profile.VERSION_FIELD_NUMBER -> version = flat.number();
        default -> {
          if (fieldsUsed == fields.length) {
            fields = Arrays.copyOf(fields, 2 * fields.length);
          }
          fields[fieldsUsed++] = flat.field();
          fields[fieldsUsed++] = flat.from();
          fields[fieldsUsed++] = flat.to();
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
    asOf(json, answer.readAtMicros(), answer.tokenState());
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
    long namespace = NONE;
    long value = NONE;
    for (flat.over(from, to); flat.next(); ) {
      switch (flat.field()) {
        case Identifier.NAMESPACE_FIELD_NUMBER -> namespace = range(flat);
        case Identifier.VALUE_FIELD_NUMBER -> value = range(flat);
        default -> {}
      }
    }
    json.beginObject().field(NAMESPACE);
    text(namespace);
    json.field(VALUE);
    text(value);
    json.endObject();
  }

  /** Begin and end of a content, as one number, because there are dozens in a profile. */
  private static long range(WireReader in) {
    return range(in.from(), in.to());
  }

  private static long range(int from, int to) {
    return (long) from << 32 | to;
  }

  private static int from(long range) {
    return (int) (range >>> 32);
  }

  private static int to(long range) {
    return (int) range;
  }

  private void text(long range) {
    json.text(bytes, from(range), to(range));
  }

  private void membership(int from, int to) throws InvalidProtocolBufferException {
    long audience = NONE;
    long enteredAt = 0;
    long validUntil = 0;
    long completeFrom = 0;
    for (flat.over(from, to); flat.next(); ) {
      switch (flat.field()) {
        case Membership.AUDIENCE_FIELD_NUMBER -> audience = range(flat);
        case Membership.ENTERED_AT_MICROS_FIELD_NUMBER -> enteredAt = flat.number();
        case Membership.VALID_UNTIL_MICROS_FIELD_NUMBER -> validUntil = flat.number();
        case Membership.COMPLETE_FROM_MICROS_FIELD_NUMBER -> completeFrom = flat.number();
        default -> {}
      }
    }
    json.beginObject().field(AUDIENCE);
    text(audience);
    json.field(ENTERED_AT).instant(enteredAt);
    if (validUntil != 0) {
      json.field(VALID_UNTIL).instant(validUntil);
    }
    if (completeFrom == Long.MAX_VALUE) {
      json.field(COMPLETE_FROM).text("never");
    } else if (completeFrom != 0) {
      json.field(COMPLETE_FROM).instant(completeFrom);
    }
    json.endObject();
  }

  /** A trait of a whole profile. */
  private void trait(int from, int to) throws InvalidProtocolBufferException {
    long name = NONE;
    long value = NONE;
    for (flat.over(from, to); flat.next(); ) {
      switch (flat.field()) {
        case Trait.NAME_FIELD_NUMBER -> name = range(flat);
        case Trait.VALUE_FIELD_NUMBER -> value = range(flat);
        default -> {}
      }
    }
    json.field(bytes, from(name), to(name));
    value(value, 0);
  }

  private void selectedTraits(Answer answer) throws InvalidProtocolBufferException {
    Map<String, Long> byName = new HashMap<>();
    each(Profile.TRAITS_FIELD_NUMBER, (from, to) -> byName.put(name(from, to), range(from, to)));
    json.field(TRAITS).beginObject();
    for (TraitStatus status : answer.statuses()) {
      byte[] name = status.getName().getBytes(UTF_8);
      json.field(name, 0, name.length).beginObject();
      json.field(STATUS).text(label(status.getStatus()));
      Long trait = byName.get(status.getName());
      if (trait != null) {
        valueAndOrigin(from(trait), to(trait));
      }
      json.endObject();
    }
    json.endObject();
  }

  private String name(int from, int to) throws InvalidProtocolBufferException {
    String name = "";
    for (flat.over(from, to); flat.next(); ) {
      if (flat.field() == Trait.NAME_FIELD_NUMBER) {
        name = new String(bytes, flat.from(), flat.to() - flat.from(), UTF_8);
      }
    }
    return name;
  }

  private void valueAndOrigin(int from, int to) throws InvalidProtocolBufferException {
    long value = NONE;
    long source = NONE;
    long origin = NONE;
    long updatedAt = 0;
    long snapshot = 0;
    boolean undeclared = false;
    for (flat.over(from, to); flat.next(); ) {
      switch (flat.field()) {
        case Trait.VALUE_FIELD_NUMBER -> value = range(flat);
        case Trait.UPDATED_AT_MICROS_FIELD_NUMBER -> updatedAt = flat.number();
        case Trait.SOURCE_FIELD_NUMBER -> source = range(flat);
        case Trait.ORIGIN_FIELD_NUMBER -> origin = range(flat);
        case Trait.UNDECLARED_FIELD_NUMBER -> undeclared = flat.number() != 0;
        case Trait.SNAPSHOT_FIELD_NUMBER -> snapshot = flat.number();
        default -> {}
      }
    }
    json.field(VALUE);
    value(value, 0);
    json.field(UPDATED_AT).instant(updatedAt).field(SOURCE);
    text(source);
    if (from(origin) < to(origin)) {
      json.field(ORIGIN);
      text(origin);
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
    long runId = NONE;
    long dataTime = 0;
    for (flat.over(from, to); flat.next(); ) {
      switch (flat.field()) {
        case Snapshot.RUN_ID_FIELD_NUMBER -> runId = range(flat);
        case Snapshot.DATA_TIME_MICROS_FIELD_NUMBER -> dataTime = flat.number();
        default -> {}
      }
    }
    json.beginObject().field(RUN_ID);
    text(runId);
    json.field(DATA_TIME).instant(dataTime).endObject();
  }

  private void value(long range, int depth) throws InvalidProtocolBufferException {
    WireReader in = flat.over(from(range), to(range));
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
      case Value.TEXT_FIELD_NUMBER -> text(range(in));
      case Value.TIMESTAMP_MICROS_FIELD_NUMBER -> json.instant(in.signed());
      case Value.DATE_DAYS_FIELD_NUMBER -> json.date(in.signed());
      case Value.LIST_FIELD_NUMBER -> list(range(in), depth + 1);
      case Value.OBJECT_FIELD_NUMBER -> object(range(in), depth + 1);
      default -> json.nothing();
    }
  }

  private void list(long range, int depth) throws InvalidProtocolBufferException {
    json.beginArray();
    var in = new WireReader(bytes, from(range), to(range));
    while (in.next()) {
      if (in.field() == ValueList.VALUES_FIELD_NUMBER) {
        value(range(in), depth);
      }
    }
    json.endArray();
  }

  private void object(long range, int depth) throws InvalidProtocolBufferException {
    json.beginObject();
    var in = new WireReader(bytes, from(range), to(range));
    while (in.next()) {
      if (in.field() == ValueObject.ENTRIES_FIELD_NUMBER) {
        entry(range(in), depth);
      }
    }
    json.endObject();
  }

  private void entry(long range, int depth) throws InvalidProtocolBufferException {
    long key = NONE;
    long value = NONE;
    for (flat.over(from(range), to(range)); flat.next(); ) {
      switch (flat.field()) {
        case ValueEntry.KEY_FIELD_NUMBER -> key = range(flat);
        case ValueEntry.VALUE_FIELD_NUMBER -> value = range(flat);
        default -> {}
      }
    }
    json.field(bytes, from(key), to(key));
    value(value, depth);
  }
}
