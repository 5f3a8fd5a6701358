package dev.attune.store.dynamodb;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnsafeByteOperations;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.ProfileRecord;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Records as items, and back. */
final class Items {
  private Items() {}

  static String id(Identifier identifier) {
    return identifier.namespace() + ":" + identifier.value();
  }

  static Map<String, AttributeValue> key(String id) {
    return Map.of(Table.KEY, text(id));
  }

  static Map<String, AttributeValue> of(Identifier identifier, IdentityRecord record) {
    Map<String, AttributeValue> item = new HashMap<>();
    item.put(Table.KEY, text(id(identifier)));
    item.put(Table.VERSION, number(record.getVersion()));
    item.put(Table.RECORD, bytes(record.toByteString()));
    if (!record.getProfileId().isEmpty()) {
      item.put(Table.PROFILE_ID, text(record.getProfileId()));
    }
    return item;
  }

  static Map<String, AttributeValue> of(ProfileRecord record) {
    Map<String, AttributeValue> item = new HashMap<>();
    item.put(Table.KEY, text(record.getProfileId()));
    item.put(Table.VERSION, number(record.getVersion()));
    switch (record.getContentCase()) {
      case LIVE -> {
        item.put(Table.SERVED, bytes(record.getLive().getServed()));
        if (!record.getLive().getFacts().isEmpty()) {
          item.put(Table.FACTS, bytes(record.getLive().getFacts()));
        }
      }
      case REDIRECT_TO -> item.put(Table.REDIRECT, text(record.getRedirectTo()));
      case CONTENT_NOT_SET ->
          throw new IllegalArgumentException("record: neither live nor a redirect");
    }
    return item;
  }

  static IdentityRecord identity(Map<String, AttributeValue> item) {
    AttributeValue record = item.get(Table.RECORD);
    if (record == null || record.b() == null) {
      throw corrupt("an identity has no record");
    }
    try {
      return IdentityRecord.parseFrom(record.b().asByteArrayUnsafe());
    } catch (InvalidProtocolBufferException e) {
      // Without the cause: its message is about bytes of somebody's record.
      throw corrupt("an identity record does not parse");
    }
  }

  static ProfileRecord profile(Map<String, AttributeValue> item) {
    ProfileRecord.Builder record =
        ProfileRecord.newBuilder()
            .setProfileId(string(item, Table.KEY))
            .setVersion(number(item, Table.VERSION));
    ByteString served = binary(item, Table.SERVED);
    if (item.containsKey(Table.REDIRECT)) {
      record.setRedirectTo(string(item, Table.REDIRECT));
    } else if (served != null) {
      ByteString facts = binary(item, Table.FACTS);
      record.setLive(
          LiveProfile.newBuilder()
              .setServed(served)
              .setFacts(facts == null ? ByteString.EMPTY : facts));
    } else {
      throw corrupt("a profile is neither live nor a redirect");
    }
    return record.build();
  }

  static String string(Map<String, AttributeValue> item, String attribute) {
    AttributeValue value = item.get(attribute);
    if (value == null || value.s() == null) {
      throw corrupt("an item has no text where it should");
    }
    return value.s();
  }

  static long number(Map<String, AttributeValue> item, String attribute) {
    AttributeValue value = item.get(attribute);
    if (value == null || value.n() == null) {
      throw corrupt("an item has no number where it should");
    }
    try {
      return Long.parseLong(value.n());
    } catch (NumberFormatException e) {
      throw corrupt("an item has a number that nobody here wrote");
    }
  }

  /** Not copied: nobody else has the array. */
  static @Nullable ByteString binary(Map<String, AttributeValue> item, String attribute) {
    AttributeValue value = item.get(attribute);
    return value == null || value.b() == null
        ? null
        : UnsafeByteOperations.unsafeWrap(value.b().asByteArrayUnsafe());
  }

  static AttributeValue text(String text) {
    return AttributeValue.fromS(text);
  }

  static AttributeValue number(long number) {
    return AttributeValue.fromN(Long.toString(number));
  }

  private static AttributeValue bytes(ByteString bytes) {
    return AttributeValue.fromB(SdkBytes.fromByteArrayUnsafe(bytes.toByteArray()));
  }

  private static StoreException corrupt(String what) {
    return new StoreException(StoreException.Kind.CORRUPT, "DynamoDB: " + what);
  }
}
