package dev.attune.store.dynamodb;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;

/**
 * Many items by their keys. DynamoDB takes 100 keys at a time, none of them twice, and answers as
 * many as it likes: what it leaves, for its limit of 16 MB or because it throttles, is asked again.
 */
record BatchRead(DynamoDbClient client, Requests requests, String table, String projection) {
  /** Most keys of a request. */
  static final int KEYS_MAX = 100;

  /** The items that there are, by key. Read consistently. */
  Map<String, Map<String, AttributeValue>> read(Call<?> call, List<String> ids, int parallel) {
    List<String> distinct = List.copyOf(new LinkedHashSet<>(ids));
    List<List<String>> chunks = new ArrayList<>();
    for (int from = 0; from < distinct.size(); from += KEYS_MAX) {
      chunks.add(distinct.subList(from, Math.min(distinct.size(), from + KEYS_MAX)));
    }
    Map<String, Map<String, AttributeValue>> found = new ConcurrentHashMap<>();
    Parallel.forEach(chunks, parallel, chunk -> readChunk(call, chunk, found));
    return found;
  }

  private void readChunk(
      Call<?> call, List<String> ids, Map<String, Map<String, AttributeValue>> found) {
    Map<String, KeysAndAttributes> open = Map.of(table, keys(ids, projection));
    var leftovers = new Leftovers(requests);
    while (true) {
      Map<String, KeysAndAttributes> asked = open;
      BatchGetItemResponse response =
          requests.read(
              call,
              override ->
                  client.batchGetItem(
                      BatchGetItemRequest.builder()
                          .requestItems(asked)
                          .overrideConfiguration(override)
                          .build()));
      List<Map<String, AttributeValue>> items = response.responses().getOrDefault(table, List.of());
      items.forEach(item -> found.put(Items.string(item, Table.KEY), item));
      open = response.unprocessedKeys();
      if (open.isEmpty()) {
        return;
      }
      leftovers.pause(call, !items.isEmpty());
    }
  }

  /** Items of a table, with the attributes named beside their keys. */
  static KeysAndAttributes keys(List<String> ids, String projection) {
    return KeysAndAttributes.builder()
        .keys(ids.stream().map(Items::key).toList())
        .projectionExpression(Table.KEY + "," + projection)
        .consistentRead(true)
        .build();
  }
}
