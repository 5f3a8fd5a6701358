package dev.attune.store.dynamodb;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileRecord;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.IntStream;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.GetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.ScanRequest;
import software.amazon.awssdk.services.dynamodb.model.ScanResponse;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;

/**
 * Identities and profiles in tables of DynamoDB, one item a record; {@link DynamoTables} makes the
 * tables. Lookups have connections of their own, so that they do not queue behind bulk reads and
 * writes. Stages complete on virtual threads.
 *
 * <p>Every read is consistent, the lookups' too: what was written is found by whoever looks next.
 * It costs twice what an eventually consistent one does, one read unit for every 4 KB of an item
 * instead of a half, and an item counts whole, however little of it is asked for. A lookup is two
 * requests, one for the identity and one for the profile, and one more for each redirect; of many
 * that are asked for at once a hundred share each of them.
 *
 * <p>A write that was not answered in time may have been done or not: read before writing again. No
 * write is sent a second time unless DynamoDB said that it refused the first.
 */
public final class DynamoProfileStore implements ProfileStore {
  private static final int SCAN_PAGE = 1_000;

  /** Most requests of one batch at a time, so that others get their turn. */
  private static final int PARALLEL_MAX = 32;

  private static final String AFTER = "after:";

  private final String prefix;
  private final int parallel;
  private final InstantSource clock;
  private final Connections lookups;
  private final Connections bulk;
  private final DynamoDriver driver;

  private DynamoProfileStore(DynamoSettings settings, InstantSource clock) {
    prefix = settings.tablePrefix();
    parallel = Math.min(PARALLEL_MAX, settings.maxCallsUnderWay());
    this.clock = clock;
    driver = new DynamoDriver(settings);
    lookups = driver.connections();
    bulk = driver.connections();
  }

  /** A store that connects when it is first asked for something. */
  public static DynamoProfileStore create(DynamoSettings settings) {
    return create(settings, InstantSource.system());
  }

  /**
   * The same with a clock.
   *
   * @param clock says when a mark may go
   */
  public static DynamoProfileStore create(DynamoSettings settings, InstantSource clock) {
    return new DynamoProfileStore(settings, clock);
  }

  @Override
  public CompletionStage<LookupResult> find(Identifier identifier, Duration timeout) {
    return follow(Trail.of(identifier), timeout);
  }

  @Override
  public CompletionStage<LookupResult> findById(String profileId, Duration timeout) {
    return follow(Trail.of(profileId), timeout);
  }

  @Override
  public List<CompletionStage<LookupResult>> findAll(
      List<Identifier> identifiers, Duration timeout) {
    checkSize(identifiers);
    return BatchFind.follow(lookups, prefix, identifiers.stream().map(Trail::of).toList(), timeout);
  }

  @Override
  public List<CompletionStage<LookupResult>> findAllById(
      List<String> profileIds, Duration timeout) {
    checkSize(profileIds);
    return BatchFind.follow(lookups, prefix, profileIds.stream().map(Trail::of).toList(), timeout);
  }

  private CompletionStage<LookupResult> follow(Trail trail, Duration timeout) {
    return lookups
        .lane()
        .call(
            timeout,
            call -> {
              LookupResult result = null;
              while (result == null) {
                result = trail.take(get(call, trail.next()));
              }
              return result;
            });
  }

  /** Of one item, what a lookup wants of it; empty when it is not there. */
  private Map<String, AttributeValue> get(Call<?> call, Trail.Place place) {
    return lookups
        .requests()
        .read(
            call,
            override ->
                lookups
                    .client()
                    .getItem(
                        GetItemRequest.builder()
                            .tableName(place.table().name(prefix))
                            .key(Items.key(place.id()))
                            .projectionExpression(Trail.projection(place.table()))
                            .consistentRead(true)
                            .overrideConfiguration(override)
                            .build()))
        .item();
  }

  @Override
  public CompletionStage<List<Optional<IdentityRecord>>> readIdentities(
      List<Identifier> identifiers, Duration timeout) {
    return read(
        bulk,
        Table.IDENTITIES,
        Table.RECORD,
        identifiers.stream().map(Items::id).toList(),
        item -> item.map(Items::identity),
        timeout);
  }

  @Override
  public CompletionStage<List<Optional<ProfileRecord>>> readProfiles(
      List<String> profileIds, Duration timeout) {
    return read(
        bulk,
        Table.PROFILES,
        String.join(",", Table.VERSION, Table.SERVED, Table.FACTS, Table.REDIRECT),
        profileIds,
        item -> item.map(Items::profile),
        timeout);
  }

  @Override
  public CompletionStage<List<Long>> readVersions(List<String> profileIds, Duration timeout) {
    return read(
        bulk,
        Table.PROFILES,
        Table.VERSION,
        profileIds,
        item -> item.map(version -> Items.number(version, Table.VERSION)).orElse(0L),
        timeout);
  }

  @Override
  public CompletionStage<List<Long>> readMarks(List<String> names, Duration timeout) {
    return read(
        lookups,
        Table.MARKS,
        Table.NUMBER,
        names,
        item -> item.map(mark -> Items.number(mark, Table.NUMBER)).orElse(-1L),
        timeout);
  }

  private <T> CompletionStage<List<T>> read(
      Connections connections,
      Table table,
      String projection,
      List<String> ids,
      Function<Optional<Map<String, AttributeValue>>, T> content,
      Duration timeout) {
    checkSize(ids);
    var batch =
        new BatchRead(connections.client(), connections.requests(), table.name(prefix), projection);
    return connections
        .lane()
        .call(
            timeout,
            call -> {
              var found = batch.read(call, ids, parallel);
              return ids.stream()
                  .map(id -> content.apply(Optional.ofNullable(found.get(id))))
                  .toList();
            });
  }

  @Override
  public CompletionStage<List<Boolean>> writeIdentities(
      List<IdentityWrite> writes, Duration timeout) {
    return write(Table.IDENTITIES, writes, Put::of, timeout);
  }

  @Override
  public CompletionStage<List<Boolean>> writeProfiles(List<ProfileWrite> writes, Duration timeout) {
    return write(Table.PROFILES, writes, Put::of, timeout);
  }

  /** One that does not fit into an item fails them all, before anything is sent. */
  private <W> CompletionStage<List<Boolean>> write(
      Table table, List<W> writes, Function<W, Put> put, Duration timeout) {
    checkSize(writes);
    List<Put> puts;
    try {
      puts = writes.stream().map(put).toList();
    } catch (IllegalStateException e) {
      return Lane.refused(e);
    }
    // Those of one key one after the other: the first of them wins.
    Map<String, List<Integer>> places = new LinkedHashMap<>();
    for (int i = 0; i < puts.size(); i++) {
      places.computeIfAbsent(puts.get(i).id(), _ -> new ArrayList<>()).add(i);
    }
    return bulk.lane()
        .call(
            timeout,
            call -> {
              boolean[] written = new boolean[puts.size()];
              Parallel.forEach(
                  List.copyOf(places.values()),
                  parallel,
                  ofOneKey -> ofOneKey.forEach(i -> written[i] = write(call, table, puts.get(i))));
              return IntStream.range(0, written.length).mapToObj(i -> written[i]).toList();
            });
  }

  private boolean write(Call<?> call, Table table, Put put) {
    try {
      var _ =
          bulk.requests()
              .write(
                  call,
                  override ->
                      bulk.client()
                          .putItem(
                              put.request()
                                  .tableName(table.name(prefix))
                                  .overrideConfiguration(override)
                                  .build()));
      return true;
    } catch (ConditionalCheckFailedException e) {
      return false;
    }
  }

  @Override
  public CompletionStage<Void> raiseMarks(
      Map<String, Long> marks, Duration keep, Duration timeout) {
    checkSize(marks.keySet());
    // Rounded up: a mark is kept for at least so long.
    var expires = Items.number(clock.instant().plus(keep).getEpochSecond() + 1);
    return bulk.lane()
        .call(
            timeout,
            call -> {
              Parallel.forEach(
                  List.copyOf(marks.entrySet()),
                  parallel,
                  mark -> raise(call, mark.getKey(), mark.getValue(), expires));
              return true;
            })
        .thenApply(_ -> null);
  }

  private void raise(Call<?> call, String name, long number, AttributeValue expires) {
    try {
      var _ =
          bulk.requests()
              .write(
                  call,
                  override ->
                      bulk.client()
                          .updateItem(
                              UpdateItemRequest.builder()
                                  .tableName(Table.MARKS.name(prefix))
                                  .key(Items.key(name))
                                  .updateExpression(
                                      "SET " + Table.NUMBER + " = :n, " + Table.EXPIRES + " = :x")
                                  .conditionExpression(
                                      "attribute_not_exists(%1$s) OR %1$s < :n"
                                          .formatted(Table.NUMBER))
                                  .expressionAttributeValues(
                                      Map.of(":n", Items.number(number), ":x", expires))
                                  .overrideConfiguration(override)
                                  .build()));
    } catch (ConditionalCheckFailedException e) {
      // It is as high already.
    }
  }

  @Override
  public CompletionStage<ProfileIdPage> scanProfileIds(String cursor, Duration timeout) {
    ScanRequest.Builder scan =
        ScanRequest.builder()
            .tableName(Table.PROFILES.name(prefix))
            .projectionExpression(Table.KEY)
            .limit(SCAN_PAGE)
            .consistentRead(true);
    if (cursor.startsWith(AFTER) && cursor.length() > AFTER.length()) {
      scan.exclusiveStartKey(Items.key(cursor.substring(AFTER.length())));
    } else if (!cursor.equals(ProfileIdPage.FIRST)) {
      throw new IllegalArgumentException("cursor: not one of this store's");
    }
    ScanRequest request = scan.build();
    return bulk.lane()
        .call(
            timeout,
            call ->
                page(
                    bulk.requests()
                        .read(
                            call,
                            override ->
                                bulk.client()
                                    .scan(
                                        request.toBuilder()
                                            .overrideConfiguration(override)
                                            .build()))));
  }

  private static ProfileIdPage page(ScanResponse response) {
    return new ProfileIdPage(
        response.items().stream().map(item -> Items.string(item, Table.KEY)).toList(),
        response.hasLastEvaluatedKey()
            ? AFTER + Items.string(response.lastEvaluatedKey(), Table.KEY)
            : "");
  }

  @Override
  public boolean isOverload(Throwable error) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    return cause instanceof StoreException e && e.kind() == StoreException.Kind.OVERLOADED;
  }

  @Override
  public void close() {
    lookups.close();
    bulk.close();
    driver.close();
  }

  private static void checkSize(Collection<?> batch) {
    if (batch.size() > BATCH_MAX) {
      throw new IllegalArgumentException(
          "batch: " + batch.size() + " records (expected: at most " + BATCH_MAX + ")");
    }
  }
}
