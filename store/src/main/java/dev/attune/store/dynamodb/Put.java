package dev.attune.store.dynamodb;

import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;

/** One conditional write of a whole item, which fits into one. */
record Put(long expectedVersion, Map<String, AttributeValue> item) {
  /**
   * A write of an identity.
   *
   * @throws IllegalStateException when it is too large for an item
   */
  static Put of(IdentityWrite write) {
    Map<String, AttributeValue> item = Items.of(write.identifier(), write.record());
    ItemSize.check(item, write.record());
    return new Put(write.expectedVersion(), item);
  }

  /**
   * A write of a profile.
   *
   * @throws IllegalStateException when it is too large for an item
   */
  static Put of(ProfileWrite write) {
    Map<String, AttributeValue> item = Items.of(write.record());
    ItemSize.check(item, write.record());
    return new Put(write.expectedVersion(), item);
  }

  String id() {
    return Items.string(item, Table.KEY);
  }

  PutItemRequest.Builder request() {
    PutItemRequest.Builder request = PutItemRequest.builder().item(item);
    return expectedVersion == 0
        ? request.conditionExpression("attribute_not_exists(" + Table.KEY + ")")
        : request
            .conditionExpression(Table.VERSION + " = :expected")
            .expressionAttributeValues(Map.of(":expected", Items.number(expectedVersion)));
  }
}
