package dev.attune.store.dynamodb;

import dev.attune.core.profile.ProfileStore;
import dev.attune.testkit.DynamoBackend;
import dev.attune.testkit.ProfileStoreContract;
import java.time.Duration;
import org.junit.jupiter.api.Timeout;

/** On a single-threaded DynamoDB, to which 10,000 writes are 10,000 requests. */
@Timeout(120)
class DynamoProfileStoreIT extends ProfileStoreContract {
  @Override
  protected Duration batchTimeout() {
    return Duration.ofSeconds(50);
  }

  @Override
  protected ProfileStore open(String prefix) {
    var settings = DynamoSettings.local(DynamoBackend.shared().endpoint(), prefix);
    var _ = DynamoTables.create(settings, Duration.ofSeconds(20));
    return DynamoProfileStore.create(settings);
  }
}
