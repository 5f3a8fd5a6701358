package dev.attune.store.dynamodb;

import dev.attune.core.profile.LookupResult;
import dev.attune.store.dynamodb.Trail.Place;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemResponse;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;

/**
 * Lookups that share requests, as many as a request has keys. Each round reads the next item of
 * everybody who has not arrived, in one request for both tables; what DynamoDB leaves unread is in
 * the next round again, so that a key which it throttles holds up nobody else. One request at a
 * time: all of them together count as one call.
 */
final class BatchFind {
  private static final List<Table> TABLES = List.of(Table.IDENTITIES, Table.PROFILES);

  /** A lookup, and whoever waits for it. */
  private record Walker(Trail trail, CompletableFuture<LookupResult> answer) {}

  /** What a request came back with. */
  private record Read(Map<Place, Map<String, AttributeValue>> items, Set<Place> left) {}

  private final Connections connections;
  private final String prefix;
  private final List<Walker> walkers;

  private BatchFind(Connections connections, String prefix, List<Walker> walkers) {
    this.connections = connections;
    this.prefix = prefix;
    this.walkers = walkers;
  }

  /** Answers all, in their order. */
  static List<CompletionStage<LookupResult>> follow(
      Connections connections, String prefix, List<Trail> trails, Duration timeout) {
    List<CompletionStage<LookupResult>> answers = new ArrayList<>(trails.size());
    List<BatchFind> batches = new ArrayList<>();
    for (int from = 0; from < trails.size(); from += BatchRead.KEYS_MAX) {
      List<Walker> walkers = new ArrayList<>();
      for (Trail trail : trails.subList(from, Math.min(trails.size(), from + BatchRead.KEYS_MAX))) {
        walkers.add(new Walker(trail, new CompletableFuture<>()));
      }
      walkers.forEach(walker -> answers.add(walker.answer()));
      batches.add(new BatchFind(connections, prefix, walkers));
    }
    batches.forEach(batch -> batch.start(timeout));
    return answers;
  }

  private void start(Duration timeout) {
    var _ =
        connections
            .lane()
            .call(timeout, this::walk)
            .whenComplete(
                (last, error) -> {
                  if (error == null) {
                    last.forEach(Runnable::run);
                  } else {
                    walkers.forEach(walker -> walker.answer().completeExceptionally(error));
                  }
                });
  }

  /** Until all have arrived; the last ones are told after the call, when its place is free. */
  private List<Runnable> walk(Call<?> call) {
    var leftovers = new Leftovers(connections.requests());
    List<Walker> open = walkers;
    while (true) {
      Read read = read(call, open);
      List<Walker> further = new ArrayList<>();
      List<Runnable> arrivals = new ArrayList<>();
      for (Walker walker : open) {
        Place place = walker.trail().next();
        Runnable arrival =
            read.left().contains(place)
                ? null
                : step(walker, read.items().getOrDefault(place, Map.of()));
        if (arrival == null) {
          further.add(walker);
        } else {
          arrivals.add(arrival);
        }
      }
      if (further.isEmpty()) {
        return arrivals;
      }
      arrivals.forEach(Runnable::run);
      if (!read.left().isEmpty()) {
        leftovers.pause(call, read.left().size() < places(open).size());
      }
      open = further;
    }
  }

  /** Null when there is another step to go; what cannot be understood is told to this one alone. */
  private static @Nullable Runnable step(Walker walker, Map<String, AttributeValue> item) {
    try {
      LookupResult result = walker.trail().take(item);
      return result == null ? null : () -> walker.answer().complete(result);
    } catch (RuntimeException e) {
      return () -> walker.answer().completeExceptionally(DynamoErrors.map(e));
    }
  }

  /** DynamoDB refuses a request that has a key twice. */
  private static Set<Place> places(List<Walker> open) {
    Set<Place> places = new LinkedHashSet<>();
    open.forEach(walker -> places.add(walker.trail().next()));
    return places;
  }

  private Read read(Call<?> call, List<Walker> open) {
    Map<Table, List<String>> ids = new EnumMap<>(Table.class);
    for (Place place : places(open)) {
      ids.computeIfAbsent(place.table(), _ -> new ArrayList<>()).add(place.id());
    }
    Map<String, KeysAndAttributes> asked = new HashMap<>();
    ids.forEach(
        (table, keys) ->
            asked.put(table.name(prefix), BatchRead.keys(keys, Trail.projection(table))));
    BatchGetItemResponse response =
        connections
            .requests()
            .read(
                call,
                override ->
                    connections
                        .client()
                        .batchGetItem(
                            BatchGetItemRequest.builder()
                                .requestItems(asked)
                                .overrideConfiguration(override)
                                .build()));
    var read = new Read(new HashMap<>(), new HashSet<>());
    for (Table table : TABLES) {
      String name = table.name(prefix);
      for (var item : response.responses().getOrDefault(name, List.of())) {
        read.items().put(new Place(table, Items.string(item, Table.KEY)), item);
      }
      KeysAndAttributes left = response.unprocessedKeys().get(name);
      if (left != null) {
        left.keys().forEach(key -> read.left().add(new Place(table, Items.string(key, Table.KEY))));
      }
    }
    return read;
  }
}
