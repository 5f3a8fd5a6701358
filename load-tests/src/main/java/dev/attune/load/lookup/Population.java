package dev.attune.load.lookup;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * Generated people: each profile is a function of its index and its generation, and carries two
 * checksums, one over its bytes and one over its traits as JSON, so that an answer can be verified
 * without making the profile again.
 */
public final class Population {
  public static final String NAMESPACE = "user_id";
  static final int MAX = 9_999_999;

  /** Characters of a user id and of a profile id. */
  static final int USER_ID_LENGTH = 8;

  static final int PROFILE_ID_LENGTH = 32;

  /** Of the first generation; each further one is one more. */
  public static final long VERSION = 1_760_000_000_000_000L;

  private static final String JSON_CHECK = "verify_json";
  private static final String PROFILE_CHECK = "verify_profile";
  private static final String PLACEHOLDER = "00000000";
  private static final String SOURCE = "model:customers";
  private static final byte[] JSON_TRAITS = "\"traits\":{".getBytes(US_ASCII);
  private static final byte[] JSON_CHECK_FIELD = (",\"" + JSON_CHECK + "\":\"").getBytes(US_ASCII);
  private static final byte[] JSON_ID = "\"profile_id\":\"".getBytes(US_ASCII);
  private static final byte[] JSON_VERSION = "\"version\":".getBytes(US_ASCII);
  private static final String[] CITIES = {"Nantes", "Graz", "Porto", "Uppsala", "Ghent", "Brno"};
  private static final String[] PLANS = {"free", "plus", "family", "business"};
  private static final String[] TIERS = {"none", "bronze", "silver", "gold"};

  private final int size;
  private final byte[] profileIds;
  private final int checkFromEnd;

  Population(int size) {
    if (size < 1 || size > MAX) {
      throw new IllegalArgumentException("size: " + size + " (expected: 1 to " + MAX + ")");
    }
    this.size = size;
    this.profileIds = new byte[size * PROFILE_ID_LENGTH];
    for (int i = 0; i < size; i++) {
      byte[] id = ProfileIds.of(identifier(i)).getBytes(US_ASCII);
      System.arraycopy(id, 0, profileIds, i * PROFILE_ID_LENGTH, PROFILE_ID_LENGTH);
    }
    checkFromEnd = checkFromEnd();
  }

  private int checkFromEnd() {
    ByteString sample = with(builder(0, VERSION), PLACEHOLDER).toByteString();
    String text = sample.toString(ISO_8859_1);
    int name = text.lastIndexOf(PROFILE_CHECK);
    return text.length() - text.indexOf(PLACEHOLDER, name);
  }

  public int size() {
    return size;
  }

  public static String userId(int index) {
    byte[] id = new byte[USER_ID_LENGTH];
    writeUserId(index, id, 0);
    return new String(id, US_ASCII);
  }

  static void writeUserId(int index, byte[] target, int offset) {
    target[offset] = 'u';
    int rest = index;
    for (int i = USER_ID_LENGTH - 1; i > 0; i--) {
      target[offset + i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
  }

  static Identifier identifier(int index) {
    return new Identifier(NAMESPACE, userId(index));
  }

  String profileId(int index) {
    return new String(profileIds, index * PROFILE_ID_LENGTH, PROFILE_ID_LENGTH, US_ASCII);
  }

  /** About 900 bytes as served. */
  Profile profile(int index, long version) {
    Profile.Builder builder = builder(index, version);
    byte[] bytes = with(builder, PLACEHOLDER).toByteArray();
    int at = bytes.length - checkFromEnd;
    return with(builder, hex(crc(bytes, 0, bytes.length, at)));
  }

  private static Profile with(Profile.Builder builder, String check) {
    return builder.clone().addTraits(text(PROFILE_CHECK, check)).build();
  }

  private Profile.Builder builder(int index, long version) {
    var random = new SplittableRandom(index * 31L + version);
    Profile.Builder builder =
        Profile.newBuilder()
            .setProfileId(profileId(index))
            .addIdentifiers(identifier(index).toProto())
            .addTraits(text("city", pick(random, CITIES)))
            .addTraits(text("country", "FR"))
            .addTraits(text("email", "person-" + index + "@shop.example.org"))
            .addTraits(text("first_name", word(random, 7)))
            .addTraits(text("last_device", "tablet"))
            .addTraits(text("last_name", word(random, 9)))
            .addTraits(integer("lifetime_value_cents", random.nextInt(10_000_000)))
            .addTraits(text("loyalty_tier", pick(random, TIERS)))
            .addTraits(trait("newsletter", Value.newBuilder().setBoolean(random.nextBoolean())))
            .addTraits(integer("orders_count", random.nextInt(500)))
            .addTraits(text("phone", "+33" + (100_000_000 + random.nextInt(900_000_000))))
            .addTraits(text("plan", pick(random, PLANS)))
            .addTraits(text("postal_code", String.valueOf(10_000 + random.nextInt(90_000))))
            .addTraits(integer("sessions_count", random.nextInt(100_000)));
    String json = jsonTraits(builder);
    String check = hex(jsonCrc(json.getBytes(US_ASCII), 0, json.length(), index, version));
    return builder
        .addTraits(text(JSON_CHECK, check))
        .addAudiences(membership("big-spenders"))
        .addAudiences(membership("window-shoppers"))
        .setUpdatedAtMicros(VERSION)
        .setVersion(version);
  }

  private static Membership membership(String audience) {
    return Membership.newBuilder().setAudience(audience).setEnteredAtMicros(VERSION).build();
  }

  /** As the profile service writes it, without when it was read; what a thin service stores. */
  static String json(Profile profile) {
    var json = new StringBuilder(1_000);
    json.append("{\"profile_id\":\"").append(profile.getProfileId());
    json.append("\",\"identifiers\":[{\"namespace\":\"" + NAMESPACE + "\",\"value\":\"")
        .append(profile.getIdentifiers(0).getValue())
        .append("\"}],\"traits\":{")
        .append(jsonTraits(profile.toBuilder()))
        .append("},\"audiences\":[");
    String entered = Instant.EPOCH.plus(VERSION, ChronoUnit.MICROS).toString();
    for (int i = 0; i < profile.getAudiencesCount(); i++) {
      json.append(i == 0 ? "" : ",")
          .append("{\"audience\":\"")
          .append(profile.getAudiences(i).getAudience())
          .append("\",\"entered_at\":\"")
          .append(entered)
          .append("\"}");
    }
    return json.append("],\"merged_from\":[],\"updated_at\":\"")
        .append(entered)
        .append("\",\"version\":")
        .append(profile.getVersion())
        .append("}")
        .toString();
  }

  private static String jsonTraits(Profile.Builder profile) {
    var json = new StringBuilder(600);
    for (Trait trait : profile.getTraitsList()) {
      json.append(json.isEmpty() ? "\"" : ",\"").append(trait.getName()).append("\":");
      Value value = trait.getValue();
      switch (value.getKindCase()) {
        case TEXT -> json.append('"').append(value.getText()).append('"');
        case INTEGER -> json.append(value.getInteger());
        case BOOLEAN -> json.append(value.getBoolean());
        default -> throw new IllegalStateException("a kind of value that nobody here has");
      }
    }
    return json.toString();
  }

  /**
   * The version of a serialized profile whose checksum holds and that is whom was asked for; -1 for
   * any other.
   */
  long verify(byte[] bytes, int offset, int length, int index) {
    int at = length - checkFromEnd;
    if (at < 2 + PROFILE_ID_LENGTH
        || !isProfileId(bytes, offset + 2, index)
        || crc(bytes, offset, length, at) != unhex(bytes, offset + at)) {
      return -1;
    }
    return version(bytes, offset, offset + length);
  }

  // The last field, number 7: a tag of one byte and a varint, which is the last to end without a
  // continuation bit.
  private static long version(byte[] bytes, int from, int end) {
    int start = end - 1;
    while (start > from && bytes[start - 1] < 0) {
      start--;
    }
    long version = 0;
    for (int i = end - 1; i >= start; i--) {
      version = (version << 7) | (bytes[i] & 0x7f);
    }
    return version;
  }

  /** As {@link #verify}, for the JSON of either service. */
  public long verifyJson(byte[] bytes, int offset, int length, int index) {
    int end = offset + length;
    int id = after(bytes, offset, end, JSON_ID);
    int traits = id < 0 ? -1 : after(bytes, id, end, JSON_TRAITS);
    int check = traits < 0 ? -1 : after(bytes, traits, end, JSON_CHECK_FIELD);
    int number = check < 0 ? -1 : after(bytes, check, end, JSON_VERSION);
    if (number < 0 || !isProfileId(bytes, id, index)) {
      return -1;
    }
    long version = 0;
    for (int i = number; i < end && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
      version = version * 10 + bytes[i] - '0';
    }
    int length1 = check - JSON_CHECK_FIELD.length - traits;
    return jsonCrc(bytes, traits, length1, index, version) == unhex(bytes, check) ? version : -1;
  }

  private boolean isProfileId(byte[] bytes, int offset, int index) {
    int expected = index * PROFILE_ID_LENGTH;
    return Arrays.equals(
        bytes,
        offset,
        offset + PROFILE_ID_LENGTH,
        profileIds,
        expected,
        expected + PROFILE_ID_LENGTH);
  }

  private int jsonCrc(byte[] bytes, int offset, int length, int index, long version) {
    var crc = new CRC32C();
    crc.update(profileIds, index * PROFILE_ID_LENGTH, PROFILE_ID_LENGTH);
    crc.update(bytes, offset, length);
    return (int) crc.getValue() ^ Long.hashCode(version * 0x9E3779B97F4A7C15L);
  }

  // Over all but the checksum itself.
  private static int crc(byte[] bytes, int offset, int length, int at) {
    var crc = new CRC32C();
    crc.update(bytes, offset, at);
    int rest = at + PLACEHOLDER.length();
    crc.update(bytes, offset + rest, length - rest);
    return (int) crc.getValue();
  }

  private static int after(byte[] bytes, int from, int end, byte[] what) {
    for (int i = from; i <= end - what.length; i++) {
      if (bytes[i] == what[0] && Arrays.equals(bytes, i, i + what.length, what, 0, what.length)) {
        return i + what.length;
      }
    }
    return -1;
  }

  private static String hex(int crc) {
    return HexFormat.of().toHexDigits(crc);
  }

  private static int unhex(byte[] bytes, int offset) {
    int value = 0;
    for (int i = 0; i < PLACEHOLDER.length(); i++) {
      value = (value << 4) | Character.digit(bytes[offset + i], 16);
    }
    return value;
  }

  private static Trait text(String name, String value) {
    return trait(name, Value.newBuilder().setText(value));
  }

  private static Trait integer(String name, long value) {
    return trait(name, Value.newBuilder().setInteger(value));
  }

  private static Trait trait(String name, Value.Builder value) {
    return Trait.newBuilder()
        .setName(name)
        .setValue(value)
        .setUpdatedAtMicros(VERSION)
        .setSource(SOURCE)
        .build();
  }

  private static String pick(SplittableRandom random, String[] from) {
    return from[random.nextInt(from.length)];
  }

  private static String word(SplittableRandom random, int length) {
    var word = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      word.append((char) ('a' + random.nextInt(26)));
    }
    return word.toString();
  }
}
