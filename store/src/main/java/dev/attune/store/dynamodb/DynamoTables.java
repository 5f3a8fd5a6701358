package dev.attune.store.dynamodb;

import dev.attune.core.profile.StoreException;
import dev.attune.core.profile.StoreException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.DescribeTableRequest;
import software.amazon.awssdk.services.dynamodb.model.DescribeTimeToLiveRequest;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TableStatus;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveDescription;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveSpecification;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;
import software.amazon.awssdk.services.dynamodb.model.UpdateTimeToLiveRequest;

/**
 * The tables of a workspace, paid by request; those that are there already are left as they are.
 */
public final class DynamoTables {
  private static final Duration PROBE_INTERVAL_FIRST = Duration.ofMillis(20);
  private static final Duration PROBE_INTERVAL_MAX = Duration.ofSeconds(1);

  private final DynamoDbClient client;
  private final DynamoSettings settings;
  private final Call<Void> call;

  private DynamoTables(DynamoDbClient client, DynamoSettings settings, Duration timeout) {
    this.client = client;
    this.settings = settings;
    this.call = new Call<>(timeout);
  }

  /**
   * Makes what is missing, and returns once all of it can be used. Blocks. Repeating it completes
   * what was begun, and several may do it at once.
   *
   * @param timeout of all of it; AWS takes some 10 s
   * @return the names of the tables that this call made; none when they all were there
   * @throws StoreException when it could not be done in time
   * @throws IllegalStateException when a table with such a name is there, but not one of ours
   */
  public static List<String> create(DynamoSettings settings, Duration timeout) {
    try (DynamoDriver driver = new DynamoDriver(settings);
        DynamoDbClient client = driver.client()) {
      return new DynamoTables(client, settings, timeout).create();
    } catch (SdkException e) {
      throw DynamoErrors.map(e);
    }
  }

  private List<String> create() {
    List<String> created = new ArrayList<>();
    for (Table table : Table.values()) {
      String name = table.name(settings.tablePrefix());
      if (describe(name).isEmpty() && create(name)) {
        created.add(name);
      }
    }
    for (Table table : Table.values()) {
      awaitActive(table.name(settings.tablePrefix()));
    }
    letExpire(Table.MARKS.name(settings.tablePrefix()));
    return List.copyOf(created);
  }

  /** False when somebody else was faster. */
  private boolean create(String name) {
    try {
      client.createTable(
          CreateTableRequest.builder()
              .tableName(name)
              .billingMode(BillingMode.PAY_PER_REQUEST)
              .attributeDefinitions(
                  AttributeDefinition.builder()
                      .attributeName(Table.KEY)
                      .attributeType(ScalarAttributeType.S)
                      .build())
              .keySchema(
                  KeySchemaElement.builder().attributeName(Table.KEY).keyType(KeyType.HASH).build())
              .overrideConfiguration(timeouts())
              .build());
      return true;
    } catch (ResourceInUseException e) {
      return false;
    }
  }

  private void awaitActive(String name) {
    Duration interval = PROBE_INTERVAL_FIRST;
    while (true) {
      Optional<TableDescription> table = describe(name);
      if (table.isPresent() && isUsable(table.get().tableStatus())) {
        checkKey(name, table.get());
        return;
      }
      pause(interval, "the table " + name + " is not active yet");
      interval = longer(interval);
    }
  }

  private static boolean isUsable(TableStatus status) {
    return status == TableStatus.ACTIVE || status == TableStatus.UPDATING;
  }

  private static void checkKey(String name, TableDescription table) {
    boolean ours =
        table.keySchema().size() == 1
            && table.keySchema().getFirst().attributeName().equals(Table.KEY)
            && table.attributeDefinitions().stream()
                .anyMatch(
                    attribute ->
                        attribute.attributeName().equals(Table.KEY)
                            && attribute.attributeType() == ScalarAttributeType.S);
    if (!ours) {
      throw new IllegalStateException(
          "table " + name + ": another key (expected: " + Table.KEY + ", a string, alone)");
    }
  }

  private Optional<TableDescription> describe(String name) {
    try {
      return Optional.of(
          client
              .describeTable(
                  DescribeTableRequest.builder()
                      .tableName(name)
                      .overrideConfiguration(timeouts())
                      .build())
              .table());
    } catch (ResourceNotFoundException e) {
      return Optional.empty();
    }
  }

  /** Turning it on when it is on, or being turned on by someone else, is an error to DynamoDB. */
  private void letExpire(String name) {
    if (expires(name)) {
      return;
    }
    try {
      client.updateTimeToLive(
          UpdateTimeToLiveRequest.builder()
              .tableName(name)
              .timeToLiveSpecification(
                  TimeToLiveSpecification.builder()
                      .attributeName(Table.EXPIRES)
                      .enabled(true)
                      .build())
              .overrideConfiguration(timeouts())
              .build());
    } catch (DynamoDbException e) {
      if (!expires(name)) {
        throw e;
      }
    }
  }

  private boolean expires(String name) {
    TimeToLiveDescription found =
        client
            .describeTimeToLive(
                DescribeTimeToLiveRequest.builder()
                    .tableName(name)
                    .overrideConfiguration(timeouts())
                    .build())
            .timeToLiveDescription();
    boolean on =
        found.timeToLiveStatus() == TimeToLiveStatus.ENABLED
            || found.timeToLiveStatus() == TimeToLiveStatus.ENABLING;
    if (on && !found.attributeName().equals(Table.EXPIRES)) {
      throw new IllegalStateException(
          "table "
              + name
              + ": another time to live (expected: the attribute "
              + Table.EXPIRES
              + ")");
    }
    return on;
  }

  private AwsRequestOverrideConfiguration timeouts() {
    long left = call.leftNanos();
    if (left <= 0) {
      throw call.late();
    }
    return AwsRequestOverrideConfiguration.builder().apiCallTimeout(Duration.ofNanos(left)).build();
  }

  private void pause(Duration interval, String why) {
    if (interval.toNanos() >= call.leftNanos()) {
      throw new StoreException(Kind.UNAVAILABLE, "DynamoDB: " + why);
    }
    LockSupport.parkNanos(interval.toNanos());
    if (Thread.currentThread().isInterrupted()) {
      throw new StoreException(Kind.UNAVAILABLE, "DynamoDB: interrupted while " + why);
    }
  }

  private static Duration longer(Duration interval) {
    Duration doubled = interval.multipliedBy(2);
    return doubled.compareTo(PROBE_INTERVAL_MAX) < 0 ? doubled : PROBE_INTERVAL_MAX;
  }
}
