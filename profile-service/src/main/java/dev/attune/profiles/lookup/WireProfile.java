package dev.attune.profiles.lookup;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.WireFormat;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.TraitStatus;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads a serialized {@code Profile} field by field, without building objects of what it skips:
 * what is kept is remembered as ranges of the stored bytes, and copied once if the caller wants it.
 */
final class WireProfile {
  private final ByteString profile;
  private final Selection selection;
  private final long nowMicros;
  private final Map<String, ValueStatus> found = new HashMap<>();

  /** Begin and end of each kept range, in turn; neighbours are joined. */
  private int[] ranges = new int[16];

  private int rangesUsed;
  private int keptBytes;
  private int ended;
  private int stale;

  private WireProfile(ByteString profile, Selection selection, long nowMicros) {
    this.profile = profile;
    this.selection = selection;
    this.nowMicros = nowMicros;
  }

  /**
   * Walks the whole profile once.
   *
   * @throws InvalidProtocolBufferException when it is no profile
   */
  static WireProfile walk(ByteString profile, Selection selection, long nowMicros)
      throws InvalidProtocolBufferException {
    WireProfile walked = new WireProfile(profile, selection, nowMicros);
    try {
      walked.walk(profile.newCodedInput());
    } catch (InvalidProtocolBufferException e) {
      throw e;
    } catch (IOException e) {
      throw new InvalidProtocolBufferException(e);
    }
    return walked;
  }

  /**
   * The profile's id, which stands first; empty when it does not.
   *
   * @throws InvalidProtocolBufferException when it is no profile
   */
  static String profileId(ByteString profile) throws InvalidProtocolBufferException {
    try {
      CodedInputStream in = profile.newCodedInput();
      return WireFormat.getTagFieldNumber(in.readTag()) == Profile.PROFILE_ID_FIELD_NUMBER
          ? in.readString()
          : "";
    } catch (InvalidProtocolBufferException e) {
      throw e;
    } catch (IOException e) {
      throw new InvalidProtocolBufferException(e);
    }
  }

  /** Memberships that have ended and are left out. */
  int ended() {
    return ended;
  }

  /** Selected traits whose value is older than wanted. */
  int stale() {
    return stale;
  }

  /** What was kept, in one copy. */
  ByteString kept() {
    if (keptBytes == profile.size()) {
      return profile;
    }
    byte[] copy = new byte[keptBytes];
    int at = 0;
    for (int i = 0; i < rangesUsed; i += 2) {
      profile.substring(ranges[i], ranges[i + 1]).copyTo(copy, at);
      at += ranges[i + 1] - ranges[i];
    }
    return UnsafeByteOperations.unsafeWrap(copy);
  }

  /** Each selected trait: those named in the selection's order, all of them by name. */
  List<TraitStatus> statuses() {
    if (selection.whole()) {
      return List.of();
    }
    Map<String, ValueStatus> named = found;
    Iterable<String> names = selection.traits().keySet();
    if (selection.allTraits()) {
      TreeMap<String, ValueStatus> all = new TreeMap<>(found);
      selection.traits().keySet().forEach(name -> all.putIfAbsent(name, ValueStatus.ABSENT));
      named = all;
      names = all.keySet();
    }
    List<TraitStatus> statuses = new ArrayList<>();
    for (String name : names) {
      statuses.add(
          TraitStatus.newBuilder()
              .setName(name)
              .setStatus(named.getOrDefault(name, ValueStatus.ABSENT))
              .build());
    }
    return statuses;
  }

  private void walk(CodedInputStream in) throws IOException {
    while (true) {
      int begin = in.getTotalBytesRead();
      int tag = in.readTag();
      if (tag == 0) {
        return;
      }
      boolean keep =
          switch (WireFormat.getTagFieldNumber(tag)) {
            case Profile.IDENTIFIERS_FIELD_NUMBER -> skip(in, tag, selection.identifiers());
            case Profile.TRAITS_FIELD_NUMBER -> trait(in);
            case Profile.AUDIENCES_FIELD_NUMBER -> membership(in);
            // All or none: traits point to them by their places.
            case Profile.SNAPSHOTS_FIELD_NUMBER -> skip(in, tag, selection.showsTraits());
            default -> skip(in, tag, true);
          };
      if (keep) {
        keep(begin, in.getTotalBytesRead());
      }
    }
  }

  private static boolean skip(CodedInputStream in, int tag, boolean keep) throws IOException {
    if (!in.skipField(tag)) {
      throw new InvalidProtocolBufferException("a group ends that did not begin");
    }
    return keep;
  }

  private boolean trait(CodedInputStream in) throws IOException {
    int outer = in.pushLimit(in.readRawVarint32());
    String name = "";
    long updatedAt = 0;
    ValueStatus status = ValueStatus.NULL;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case Trait.NAME_FIELD_NUMBER -> {
          name = in.readString();
          if (!selection.wantsTrait(name)) {
            // Nothing of the rest matters.
            in.skipRawBytes(in.getBytesUntilLimit());
          }
        }
        case Trait.VALUE_FIELD_NUMBER -> status = value(in);
        case Trait.UPDATED_AT_MICROS_FIELD_NUMBER -> updatedAt = in.readInt64();
        default -> skip(in, tag, true);
      }
    }
    in.popLimit(outer);
    if (!selection.wantsTrait(name)) {
      return false;
    }
    if (!selection.whole()) {
      long age = selection.traits().getOrDefault(name, Selection.NEVER_STALE);
      if (status == ValueStatus.PRESENT && nowMicros - age > updatedAt) {
        status = ValueStatus.STALE;
        stale++;
      }
      found.put(name, status);
    }
    return true;
  }

  private static ValueStatus value(CodedInputStream in) throws IOException {
    int outer = in.pushLimit(in.readRawVarint32());
    int tag = in.readTag();
    boolean isNull = tag == 0 || WireFormat.getTagFieldNumber(tag) == Value.NULL_VALUE_FIELD_NUMBER;
    in.skipRawBytes(in.getBytesUntilLimit());
    in.popLimit(outer);
    return isNull ? ValueStatus.NULL : ValueStatus.PRESENT;
  }

  private boolean membership(CodedInputStream in) throws IOException {
    int outer = in.pushLimit(in.readRawVarint32());
    String audience = "";
    long validUntil = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      switch (WireFormat.getTagFieldNumber(tag)) {
        case Membership.AUDIENCE_FIELD_NUMBER -> audience = in.readString();
        case Membership.VALID_UNTIL_MICROS_FIELD_NUMBER -> validUntil = in.readInt64();
        default -> skip(in, tag, true);
      }
    }
    in.popLimit(outer);
    // The evaluator's exit is on its way; who asks meanwhile must not see the membership.
    if (validUntil != 0 && validUntil <= nowMicros) {
      ended++;
      return false;
    }
    return selection.wantsAudience(audience);
  }

  private void keep(int begin, int end) {
    keptBytes += end - begin;
    if (rangesUsed > 0 && ranges[rangesUsed - 1] == begin) {
      ranges[rangesUsed - 1] = end;
      return;
    }
    if (rangesUsed == ranges.length) {
      ranges = Arrays.copyOf(ranges, 2 * ranges.length);
    }
    ranges[rangesUsed++] = begin;
    ranges[rangesUsed++] = end;
  }
}
