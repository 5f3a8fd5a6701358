package dev.attune.store.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.profile.StoreException;
import dev.attune.testkit.DynamoBackend;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;

@Timeout(60)
class DynamoTablesIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final String prefix = "tables-" + UUID.randomUUID();
  private final DynamoSettings settings =
      DynamoSettings.local(DynamoBackend.shared().endpoint(), prefix);
  private final DynamoDriver driver = new DynamoDriver(settings);
  private final DynamoDbClient client = driver.client();

  @AfterEach
  void close() {
    client.close();
    driver.close();
  }

  @Test
  void create_inAnEmptyWorkspace_makesThreeTablesPaidByRequest() {
    assertThat(DynamoTables.create(settings, TIMEOUT))
        .containsExactlyInAnyOrder(prefix + "-identities", prefix + "-profiles", prefix + "-marks");
    for (Table table : Table.values()) {
      var description =
          client.describeTable(request -> request.tableName(table.name(prefix))).table();
      assertThat(description.billingModeSummary().billingMode())
          .isEqualTo(BillingMode.PAY_PER_REQUEST);
      assertThat(expiry(table))
          .isEqualTo(table == Table.MARKS ? TimeToLiveStatus.ENABLED : TimeToLiveStatus.DISABLED);
    }
  }

  private TimeToLiveStatus expiry(Table table) {
    return client
        .describeTimeToLive(request -> request.tableName(table.name(prefix)))
        .timeToLiveDescription()
        .timeToLiveStatus();
  }

  @Test
  void create_again_leavesEverythingAsItIs() {
    assertThat(DynamoTables.create(settings, TIMEOUT)).hasSize(3);
    try (var store = DynamoProfileStore.create(settings)) {
      store.raiseMarks(Map.of("events/0", 7L), TIMEOUT, TIMEOUT).toCompletableFuture().join();
      assertThat(DynamoTables.create(settings, TIMEOUT)).isEmpty();
      assertThat(store.readMarks(List.of("events/0"), TIMEOUT).toCompletableFuture().join())
          .containsExactly(7L);
    }
  }

  @Test
  void create_afterItStoppedHalfWay_completesIt() {
    assertThat(DynamoTables.create(settings, TIMEOUT)).hasSize(3);
    client.deleteTable(request -> request.tableName(Table.PROFILES.name(prefix)));
    client
        .waiter()
        .waitUntilTableNotExists(request -> request.tableName(Table.PROFILES.name(prefix)));
    assertThat(DynamoTables.create(settings, TIMEOUT)).containsExactly(prefix + "-profiles");
  }

  @Test
  void create_bySeveralAtOnce_makesEachTableOnce() {
    List<CompletableFuture<List<String>>> creating =
        IntStream.range(0, 4)
            .mapToObj(
                _ ->
                    CompletableFuture.supplyAsync(
                        () -> DynamoTables.create(settings, TIMEOUT), Thread::startVirtualThread))
            .toList();
    assertThat(creating.stream().flatMap(done -> done.join().stream()))
        .containsExactlyInAnyOrder(prefix + "-identities", prefix + "-profiles", prefix + "-marks");
  }

  @Test
  void create_whereSomebodyElsesTableIs_isRefused() {
    client.createTable(
        request ->
            request
                .tableName(prefix + "-profiles")
                .billingMode(BillingMode.PAY_PER_REQUEST)
                .attributeDefinitions(
                    AttributeDefinition.builder()
                        .attributeName("pk")
                        .attributeType(ScalarAttributeType.S)
                        .build())
                .keySchema(
                    KeySchemaElement.builder().attributeName("pk").keyType(KeyType.HASH).build()));
    assertThatThrownBy(() -> DynamoTables.create(settings, TIMEOUT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(prefix + "-profiles: another key");
  }

  @Test
  void create_withoutTheTime_isUnavailable() {
    assertThatThrownBy(() -> DynamoTables.create(settings, Duration.ofMillis(1)))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.UNAVAILABLE));
  }

  @Test
  void create_whereNobodyListens_isUnavailableInTime() {
    FaultyDynamo gone = new FaultyDynamo(DynamoBackend.shared().endpoint());
    gone.close();
    assertThatThrownBy(
            () ->
                DynamoTables.create(
                    DynamoSettings.local(gone.endpoint(), prefix), Duration.ofSeconds(2)))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.UNAVAILABLE));
  }

  @Test
  void raiseMarks_sayWhenTheyMayGo() {
    assertThat(DynamoTables.create(settings, TIMEOUT)).hasSize(3);
    Instant now = Instant.parse("2026-11-24T12:00:00.900Z");
    try (var store = DynamoProfileStore.create(settings, InstantSource.fixed(now))) {
      store
          .raiseMarks(Map.of("events/0", 7L), Duration.ofHours(1), TIMEOUT)
          .toCompletableFuture()
          .join();
    }
    var mark =
        client
            .getItem(request -> request.tableName(prefix + "-marks").key(Items.key("events/0")))
            .item();
    assertThat(Items.number(mark, Table.EXPIRES))
        .isEqualTo(Instant.parse("2026-11-24T13:00:01Z").getEpochSecond());
  }
}
