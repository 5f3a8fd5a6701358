package dev.attune.load.refresh;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.Served;
import dev.attune.load.log.ChangeLog;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.Profile;
import dev.attune.standalone.terminal.Progress;
import dev.attune.store.redis.RedisProfileStore;
import dev.attune.store.redis.RedisSettings;
import java.time.Duration;
import java.util.BitSet;

/** Whether the first load of a {@link WarehouseTable} did what it said. */
record LoadedRows(int rows) {
  private static final Duration LOOKUP_MAX = Duration.ofSeconds(5);
  private static final int LOOKUPS = 1_000;

  /**
   * Reads all changes, and looks some of the people up in the store.
   *
   * @return what was seen, for a figure's note
   * @throws IllegalStateException when a row's change is missing, or anything is not as its row is
   */
  String verified(KafkaSettings kafka, RedisSettings redis, Progress progress) {
    var missing = new BitSet(rows);
    missing.set(0, rows);
    ChangeLog.changes(
        kafka,
        progress,
        (changed, _) ->
            missing.clear(row(new Served(changed.getRecord().getLive().getServed()).profile())));
    if (!missing.isEmpty()) {
      throw new IllegalStateException(
          "of " + missing.cardinality() + " rows there is no change in the log");
    }
    try (var store = RedisProfileStore.create(redis)) {
      for (int i = 0; i < LOOKUPS; i++) {
        int row = (int) ((long) i * rows / LOOKUPS);
        var identifier = new Identifier("user_id", "c" + row);
        if (!(store.find(identifier, LOOKUP_MAX).toCompletableFuture().join()
                instanceof LookupResult.Found found)
            || row(found.served().profile()) != row) {
          throw new IllegalStateException("row " + row + " is not in the store");
        }
      }
    }
    return "each row's change is in the log, and %d profiles are in the store, as the rows are"
        .formatted(LOOKUPS);
  }

  private static int row(Profile profile) {
    int row = Integer.parseInt(profile.getIdentifiers(0).getValue().substring(1));
    if (profile.getIdentifiersCount() != 1
        || profile.getTraitsCount() != WarehouseTable.TRAITS
        || !profile.getTraitsList().stream().allMatch(trait -> WarehouseTable.says(row, trait))) {
      throw new IllegalStateException("the profile of row " + row + " is not as its row is");
    }
    return row;
  }
}
