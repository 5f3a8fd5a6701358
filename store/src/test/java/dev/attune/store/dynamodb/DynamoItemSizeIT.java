package dev.attune.store.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.profile.FactSet;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Value;
import dev.attune.testkit.DynamoBackend;
import dev.attune.testkit.ProfileStoreContract;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** DynamoDB's limit of 400 KB an item. */
@Timeout(60)
class DynamoItemSizeIT {
  private static final Duration TIMEOUT = Duration.ofSeconds(20);
  private static final Identifier PERSON = new Identifier("user_id", "42");
  private static final Identifier OTHER = new Identifier("user_id", "43");

  private final FaultyDynamo dynamo = new FaultyDynamo(DynamoBackend.shared().endpoint());
  private final DynamoSettings settings =
      DynamoSettings.local(dynamo.endpoint(), "sizes-" + UUID.randomUUID());
  private final ProfileStore store = DynamoProfileStore.create(settings);

  @BeforeEach
  void createTables() {
    assertThat(DynamoTables.create(settings, TIMEOUT)).hasSize(3);
  }

  @AfterEach
  void close() {
    store.close();
    dynamo.close();
  }

  @Test
  void write_ofTheLargestItem_isTaken() {
    ProfileRecord largest = sized(ItemSize.BYTES_MAX);
    assertThat(write(List.of(largest))).containsExactly(true);
    assertThat(store.readProfiles(List.of("p"), TIMEOUT).toCompletableFuture().join())
        .containsExactly(Optional.of(largest));
  }

  @Test
  void write_ofOneByteMore_isRefusedWithAllOfItsBatchBeforeAnythingIsSent() {
    ProfileRecord small = ProfileStoreContract.live("small", 1, "fits");
    assertThatThrownBy(() -> write(List.of(small, sized(ItemSize.BYTES_MAX + 1))))
        .hasRootCauseExactlyInstanceOf(IllegalStateException.class)
        .rootCause()
        .hasMessageContaining("the profile would have 409,601 bytes (allowed: 409,600)");
    assertThat(dynamo.asked("PutItem")).isZero();
  }

  /** The mark of poison for whoever writes events: exactly this class, and a message to show. */
  @Test
  void apply_ofMoreThanAnItemHolds_namesTheLargestTraitsAndNothingElse() {
    ProfileWriter writer =
        new ProfileWriter(
            store,
            _ -> CompletableFuture.completedFuture(null),
            () -> Catalog.DEFAULT,
            InstantSource.system(),
            TIMEOUT);
    ProfileInput tooLarge =
        input(
            PERSON,
            fact(PERSON, "bio", 120_000),
            fact(PERSON, "notes", 90_000),
            fact(PERSON, "plan", 4));

    assertThatThrownBy(() -> writer.apply(List.of(tooLarge)))
        .isExactlyInstanceOf(IllegalStateException.class)
        .hasMessageMatching(
            "the profile would have 42\\d,\\d{3} bytes \\(allowed: 409,600\\); "
                + "largest traits: bio 240,\\d{3}, notes 180,\\d{3}, plan \\d\\d")
        .hasMessageNotContaining("xxxx");

    assertThat(dynamo.asked("PutItem")).as("its identity alone").isEqualTo(1);
    assertThat(find(PERSON)).isInstanceOf(LookupResult.Absent.class);
    // The next one is none the worse for it, and neither is the same person with less to say.
    writer.apply(List.of(input(OTHER, fact(OTHER, "plan", 4))));
    writer.apply(List.of(input(PERSON, fact(PERSON, "plan", 4))));
    assertThat(find(OTHER)).isInstanceOf(LookupResult.Found.class);
    assertThat(find(PERSON)).isInstanceOf(LookupResult.Found.class);
  }

  private LookupResult find(Identifier identifier) {
    return store.find(identifier, TIMEOUT).toCompletableFuture().join();
  }

  private List<Boolean> write(List<ProfileRecord> records) {
    return store
        .writeProfiles(
            records.stream().map(record -> new ProfileWrite(0, record)).toList(), TIMEOUT)
        .toCompletableFuture()
        .join();
  }

  /** Of a size as it is counted here, which is never less than DynamoDB's. */
  private static ProfileRecord sized(int bytes) {
    ProfileRecord record = ProfileStoreContract.live("p", 1, "some");
    long others = ItemSize.of(Items.of(record)) - record.getLive().getFacts().size();
    var facts = ByteString.copyFrom(new byte[(int) (bytes - others)]);
    return record.toBuilder().setLive(record.getLive().toBuilder().setFacts(facts)).build();
  }

  private static ProfileInput input(Identifier via, Fact... facts) {
    return new ProfileInput(via, List.of(facts), List.of(), Cause.getDefaultInstance());
  }

  private static Fact fact(Identifier via, String trait, int length) {
    var value = Value.newBuilder().setText("x".repeat(length)).build();
    return FactSet.fact(trait, "events", via, 1, Optional.of(value), "e1");
  }
}
