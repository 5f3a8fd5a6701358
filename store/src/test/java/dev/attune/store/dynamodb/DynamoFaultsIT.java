package dev.attune.store.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.core.profile.Served;
import dev.attune.core.profile.StoreException;
import dev.attune.core.profile.StoreException.Kind;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.store.dynamodb.FaultyDynamo.Fault;
import dev.attune.testkit.Await;
import dev.attune.testkit.DynamoBackend;
import dev.attune.testkit.ProfileStoreContract;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** DynamoDB throttles, leaves keys out, fails, answers nonsense, and goes away. */
@Timeout(60)
class DynamoFaultsIT {
  private static final Identifier PERSON = new Identifier("user_id", "42");

  /** Plenty: what is asked for is there in the end. */
  private static final Duration PATIENT = Duration.ofSeconds(20);

  /** What never comes is waited for so long. */
  private static final Duration SHORT = Duration.ofMillis(1_500);

  private final FaultyDynamo dynamo = new FaultyDynamo(DynamoBackend.shared().endpoint());
  private final DynamoSettings settings =
      DynamoSettings.local(dynamo.endpoint(), "faults-" + UUID.randomUUID());
  private final ProfileStore store = DynamoProfileStore.create(settings);

  @BeforeEach
  void createTables() {
    assertThat(DynamoTables.create(settings, PATIENT)).hasSize(3);
  }

  @AfterEach
  void close() {
    store.close();
    dynamo.close();
  }

  // --- asked as meant; what serves the tests here would hide it

  @Test
  void reads_ofEveryKind_areConsistentAndReadNoMoreThanTheyNeed() {
    person();
    assertThat(await(store.find(PERSON, PATIENT))).isInstanceOf(LookupResult.Found.class);
    assertAsked("GetItem", "s,r");
    assertThat(await(store.readIdentities(List.of(PERSON), PATIENT))).hasSize(1);
    assertAsked("BatchGetItem", "id,b");
    assertThat(await(store.readProfiles(List.of("p"), PATIENT))).hasSize(1);
    assertAsked("BatchGetItem", "id,v,s,f,r");
    assertThat(await(store.readVersions(List.of("p"), PATIENT))).containsExactly(1L);
    assertAsked("BatchGetItem", "id,v");
    assertThat(await(store.readMarks(List.of("events/0"), PATIENT))).containsExactly(-1L);
    assertAsked("BatchGetItem", "id,n");
    assertThat(await(store.scanProfileIds("0", PATIENT)).profileIds()).containsExactly("p");
    assertAsked("Scan", "id");
  }

  private void assertAsked(String operation, String projection) {
    assertThat(dynamo.lastBody(operation))
        .contains("\"ConsistentRead\":true", "\"ProjectionExpression\":\"" + projection + "\"");
  }

  @Test
  void batches_severalAtOnce_keepWithinTheBoundOnRequests() {
    int bound = 3;
    try (ProfileStore few =
        DynamoProfileStore.create(narrow(dynamo.endpoint(), settings.tablePrefix(), bound))) {
      List<CompletionStage<List<Boolean>>> writing =
          IntStream.range(0, bound)
              .mapToObj(
                  batch ->
                      few.writeProfiles(
                          IntStream.range(0, 40)
                              .mapToObj(i -> new ProfileWrite(0, live(batch + "-" + i, 1)))
                              .toList(),
                          PATIENT))
              .toList();
      writing.forEach(batch -> assertThat(await(batch)).hasSize(40).containsOnly(true));
    }
    assertThat(dynamo.mostUnderWay()).isEqualTo(bound);
  }

  // --- throttled

  @Test
  void find_throttledForAWhile_isAnswered() {
    ProfileRecord record = person();
    dynamo.spoil("GetItem", Fault.THROTTLED, 3);
    assertServed(record);
    assertThat(dynamo.asked("GetItem")).isEqualTo(3 + 2);
  }

  @Test
  void find_throttledForGood_isOverloadedInTimeAndHeals() {
    ProfileRecord record = person();
    dynamo.spoil("GetItem", Fault.THROTTLED);
    assertFails(Kind.OVERLOADED, () -> await(store.find(PERSON, SHORT)));
    assertThat(dynamo.asked("GetItem")).as("with pauses in between").isBetween(2, 30);
    dynamo.heal();
    assertServed(record);
  }

  @Test
  void write_throttledForAWhile_isDone() {
    ProfileRecord record = live("p", 1);
    dynamo.spoil("PutItem", Fault.THROTTLED, 3);
    assertThat(write(0, record, PATIENT)).isTrue();
    assertThat(read("p")).contains(record);
  }

  @Test
  void write_throttledForGood_isOverloadedAndNotDone() {
    dynamo.spoil("PutItem", Fault.THROTTLED);
    assertFails(Kind.OVERLOADED, () -> write(0, live("p", 1), SHORT));
    dynamo.heal();
    assertThat(read("p")).isEmpty();
    assertThat(write(0, live("p", 2), PATIENT)).isTrue();
  }

  @Test
  void raiseMarks_throttledForAWhile_areRaised() {
    dynamo.spoil("UpdateItem", Fault.THROTTLED, 2);
    var raised = Map.of("events/0", 5L, "events/1", 6L);
    store.raiseMarks(raised, PATIENT, PATIENT).toCompletableFuture().join();
    assertThat(await(store.readMarks(List.of("events/0", "events/1"), PATIENT)))
        .containsExactly(5L, 6L);
  }

  // --- left out

  @Test
  void readProfiles_leftUnprocessedForAWhile_areAllThereInOrder() {
    List<ProfileRecord> records = IntStream.range(0, 250).mapToObj(i -> live("p" + i, 1)).toList();
    await(
        store.writeProfiles(
            records.stream().map(record -> new ProfileWrite(0, record)).toList(), PATIENT));
    dynamo.spoil("BatchGetItem", Fault.UNPROCESSED, 7);
    assertThat(
            await(
                store.readProfiles(
                    records.stream().map(ProfileRecord::getProfileId).toList(), PATIENT)))
        .isEqualTo(records.stream().map(Optional::of).toList());
    assertThat(dynamo.asked("BatchGetItem")).isEqualTo(7 + 3);
  }

  @Test
  void findAll_of500LeftUnprocessedForAWhile_takesFivePlacesAndAnswersAll() {
    int people = 500;
    people(people);
    dynamo.spoil("BatchGetItem", Fault.UNPROCESSED, 7);
    // One place more would be refused.
    try (ProfileStore five =
        DynamoProfileStore.create(narrow(dynamo.endpoint(), settings.tablePrefix(), 5))) {
      List<CompletionStage<LookupResult>> answers =
          five.findAll(
              IntStream.range(0, people).mapToObj(DynamoFaultsIT::person).toList(), PATIENT);
      for (int i = 0; i < people; i++) {
        assertThat(await(answers.get(i))).isEqualTo(found(live("p" + i, 1)));
      }
      assertThat(dynamo.asked("BatchGetItem")).isEqualTo(7 + 5 + 5);
      assertThat(dynamo.asked("GetItem")).isZero();
      assertThat(dynamo.lastBody("BatchGetItem"))
          .contains("\"ConsistentRead\":true", "\"ProjectionExpression\":\"id,s,r\"");
    }
  }

  @Test
  void findAll_leftUnprocessedForGood_isOverloadedInTimeNeverAbsent() {
    person();
    dynamo.spoil("BatchGetItem", Fault.UNPROCESSED);
    store
        .findAll(List.of(PERSON, person(1)), SHORT)
        .forEach(answer -> assertFails(Kind.OVERLOADED, () -> await(answer)));
    assertThat(dynamo.asked("BatchGetItem")).as("with pauses in between").isBetween(2, 30);
    dynamo.heal();
    assertThat(await(store.findAll(List.of(person(1), PERSON), PATIENT).get(1)))
        .isEqualTo(found(live("p", 1)));
  }

  @Test
  void findAll_oneKeyLeftUnprocessedForGood_answersTheOthersMeanwhile() {
    people(3);
    dynamo.withhold(Table.IDENTITIES.name(settings.tablePrefix()), "user_id:1");
    List<CompletionStage<LookupResult>> answers =
        store.findAll(List.of(person(0), person(1), person(2), person(7)), SHORT);
    assertThat(await(answers.get(0))).isEqualTo(found(live("p0", 1)));
    assertThat(await(answers.get(2))).isEqualTo(found(live("p2", 1)));
    assertThat(await(answers.get(3))).isEqualTo(new LookupResult.Absent());
    assertThat(answers.get(1).toCompletableFuture()).isNotDone();
    assertFails(Kind.OVERLOADED, () -> await(answers.get(1)));
  }

  @Test
  void findAll_ofMoreThanThereArePlacesFor_refusesTheRest() {
    try (DynamoBackend own = DynamoBackend.start()) {
      DynamoSettings narrow = narrow(own.endpoint(), "narrow", 2);
      assertThat(DynamoTables.create(narrow, PATIENT)).hasSize(3);
      try (ProfileStore few = DynamoProfileStore.create(narrow)) {
        own.pause();
        List<CompletionStage<LookupResult>> answers =
            few.findAllById(IntStream.range(0, 201).mapToObj(i -> "p" + i).toList(), SHORT);
        assertFails(Kind.OVERLOADED, () -> await(answers.get(200)));
        assertThat(answers.get(199).toCompletableFuture()).isNotDone();
        assertFails(Kind.UNAVAILABLE, () -> await(answers.get(0)));
        assertFails(Kind.UNAVAILABLE, () -> await(answers.get(199)));
        own.resume();
      }
    }
  }

  @Test
  void reads_leftUnprocessedForGood_areOverloadedInTimeNeverAbsent() {
    person();
    dynamo.spoil("BatchGetItem", Fault.UNPROCESSED);
    assertFails(Kind.OVERLOADED, () -> await(store.readProfiles(List.of("p", "not there"), SHORT)));
    assertFails(Kind.OVERLOADED, () -> await(store.readIdentities(List.of(PERSON), SHORT)));
    assertFails(Kind.OVERLOADED, () -> await(store.readVersions(List.of("p"), SHORT)));
    dynamo.heal();
    assertThat(await(store.readVersions(List.of("p", "not there"), PATIENT)))
        .containsExactly(1L, 0L);
  }

  // --- broken

  @Test
  void find_brokenOnce_isAskedAgain() {
    ProfileRecord record = person();
    dynamo.spoil("GetItem", Fault.BROKEN, 1);
    assertServed(record);
    dynamo.spoil("GetItem", Fault.UNANSWERED, 1);
    assertServed(record);
  }

  @Test
  void find_brokenForGood_isUnavailable() {
    person();
    dynamo.spoil("GetItem", Fault.BROKEN);
    assertFails(Kind.UNAVAILABLE, () -> await(store.find(PERSON, SHORT)));
    dynamo.spoil("GetItem", Fault.UNANSWERED);
    assertFails(Kind.UNAVAILABLE, () -> await(store.find(PERSON, SHORT)));
  }

  @Test
  void find_answeredWithNonsense_isCorrupt() {
    person();
    dynamo.spoil("GetItem", Fault.GARBAGE);
    assertFails(Kind.CORRUPT, () -> await(store.find(PERSON, SHORT)));
  }

  @Test
  void write_doneButNotAnswered_isUnavailableAndNotRepeated() {
    // Repeated, it would find its own record and say that somebody else was faster.
    ProfileRecord record = live("p", 1);
    dynamo.spoil("PutItem", Fault.UNANSWERED);
    assertFails(Kind.UNAVAILABLE, () -> write(0, record, SHORT));
    assertThat(dynamo.passedOn("PutItem")).isEqualTo(1);
    assertThat(read("p")).contains(record);
  }

  @Test
  void calls_withoutTables_areUnavailableAtOnce() {
    var elsewhere = DynamoSettings.local(dynamo.endpoint(), "nowhere-" + UUID.randomUUID());
    try (var other = DynamoProfileStore.create(elsewhere)) {
      assertFails(Kind.UNAVAILABLE, () -> await(other.find(PERSON, PATIENT)));
      assertThatThrownBy(() -> await(other.readVersions(List.of("p"), PATIENT)))
          .hasMessageContaining("a table is not there");
    }
    assertThat(dynamo.asked("GetItem")).isEqualTo(1);
  }

  // --- away

  @Test
  void calls_whileNobodyListens_areUnavailableInTimeAndHeal() {
    ProfileRecord record = person();
    dynamo.vanish();
    assertFails(Kind.UNAVAILABLE, () -> await(store.find(PERSON, SHORT)));
    assertFails(Kind.UNAVAILABLE, () -> await(store.findAll(List.of(PERSON), SHORT).getFirst()));
    assertFails(Kind.UNAVAILABLE, () -> await(store.readProfiles(List.of("p"), SHORT)));
    assertFails(Kind.UNAVAILABLE, () -> write(1, live("p", 2), SHORT));
    assertFails(Kind.UNAVAILABLE, () -> await(store.scanProfileIds("0", SHORT)));
    dynamo.comeBack();
    assertServed(record);
  }

  @Test
  void calls_whileItHangs_endInTimeAndAboveTheBoundAreRefused() {
    try (DynamoBackend own = DynamoBackend.start()) {
      int bound = 4;
      DynamoSettings narrow = narrow(own.endpoint(), "narrow", bound);
      assertThat(DynamoTables.create(narrow, PATIENT)).hasSize(3);
      try (ProfileStore few = DynamoProfileStore.create(narrow)) {
        assertThat(await(few.findById("p", PATIENT))).isEqualTo(new LookupResult.Absent());
        own.pause();
        List<CompletionStage<LookupResult>> hanging =
            IntStream.range(0, bound).mapToObj(_ -> few.find(PERSON, SHORT)).toList();
        assertThatThrownBy(() -> await(few.find(PERSON, PATIENT)))
            .isInstanceOfSatisfying(
                StoreException.class,
                e -> {
                  assertThat(e.kind()).isEqualTo(Kind.OVERLOADED);
                  assertThat(few.isOverload(e)).isTrue();
                });
        hanging.forEach(call -> assertFails(Kind.UNAVAILABLE, () -> await(call)));
        own.resume();
        // A late call keeps its place until its thread comes back; then, as a refused one, it must
        // give it back.
        Await.until(PATIENT, "a place is not given back", () -> areAnsweredAtOnce(few, bound));
        for (int i = 0; i < 3 * bound; i++) {
          assertThat(await(few.findById("p", PATIENT))).isEqualTo(new LookupResult.Absent());
        }
        assertThat(few.isOverload(new IllegalStateException())).isFalse();
      }
    }
  }

  private static boolean areAnsweredAtOnce(ProfileStore store, int calls) {
    boolean all = true;
    for (var call :
        IntStream.range(0, calls).mapToObj(_ -> store.findById("p", PATIENT)).toList()) {
      try {
        assertThat(await(call)).isEqualTo(new LookupResult.Absent());
      } catch (StoreException e) {
        assertThat(e.kind()).isEqualTo(Kind.OVERLOADED);
        all = false;
      }
    }
    return all;
  }

  @Test
  void close_whileCallsAreUnderWay_endsThem() {
    try (DynamoBackend own = DynamoBackend.start()) {
      DynamoSettings narrow = narrow(own.endpoint(), "narrow", 4);
      assertThat(DynamoTables.create(narrow, PATIENT)).hasSize(3);
      ProfileStore closing = DynamoProfileStore.create(narrow);
      assertThat(await(closing.findById("p", PATIENT))).isEqualTo(new LookupResult.Absent());
      own.pause();
      var lookup = closing.find(PERSON, PATIENT);
      var batch = closing.readProfiles(List.of("p"), PATIENT);
      closing.close();
      assertFails(Kind.UNAVAILABLE, () -> await(lookup));
      assertFails(Kind.UNAVAILABLE, () -> await(batch));
    }
  }

  private static DynamoSettings narrow(URI endpoint, String tablePrefix, int maxCallsUnderWay) {
    return new DynamoSettings(
        "local",
        endpoint.toString(),
        tablePrefix,
        "local",
        "local",
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        maxCallsUnderWay);
  }

  // --- shorthands

  /** Somebody with a profile {@code p} of version 1. */
  private ProfileRecord person() {
    ProfileRecord record = live("p", 1);
    assertThat(write(0, record, PATIENT)).isTrue();
    var identity = IdentityRecord.newBuilder().setProfileId("p").setVersion(1).build();
    assertThat(
            await(store.writeIdentities(List.of(new IdentityWrite(PERSON, 0, identity)), PATIENT)))
        .containsExactly(true);
    return record;
  }

  /** So many people, each with a profile of version 1. */
  private void people(int count) {
    assertThat(
            await(
                store.writeProfiles(
                    IntStream.range(0, count)
                        .mapToObj(i -> new ProfileWrite(0, live("p" + i, 1)))
                        .toList(),
                    PATIENT)))
        .containsOnly(true);
    assertThat(
            await(
                store.writeIdentities(
                    IntStream.range(0, count)
                        .mapToObj(
                            i ->
                                new IdentityWrite(
                                    person(i),
                                    0,
                                    IdentityRecord.newBuilder()
                                        .setProfileId("p" + i)
                                        .setVersion(1)
                                        .build()))
                        .toList(),
                    PATIENT)))
        .containsOnly(true);
  }

  private static Identifier person(int number) {
    return new Identifier("user_id", String.valueOf(number));
  }

  private static LookupResult found(ProfileRecord record) {
    return new LookupResult.Found(new Served(record.getLive().getServed()));
  }

  private static ProfileRecord live(String id, long version) {
    return ProfileStoreContract.live(id, version, "content of " + id);
  }

  private void assertServed(ProfileRecord record) {
    assertThat(await(store.find(PERSON, PATIENT)))
        .isInstanceOfSatisfying(
            LookupResult.Found.class,
            found -> assertThat(found.served().bytes()).isEqualTo(record.getLive().getServed()));
  }

  private Optional<ProfileRecord> read(String id) {
    return await(store.readProfiles(List.of(id), PATIENT)).getFirst();
  }

  private boolean write(long expectedVersion, ProfileRecord record, Duration timeout) {
    return await(store.writeProfiles(List.of(new ProfileWrite(expectedVersion, record)), timeout))
        .getFirst();
  }

  /** Within the short timeout, with some slack for a busy machine; and telling nobody's name. */
  private static void assertFails(Kind kind, ThrowingCallable call) {
    long started = System.nanoTime();
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind))
        .satisfies(
            e -> {
              for (Throwable told = e; told != null; told = told.getCause()) {
                assertThat(told.getMessage()).doesNotContain("user_id:42");
              }
            });
    assertThat(Duration.ofNanos(System.nanoTime() - started))
        .isLessThan(SHORT.plus(Duration.ofSeconds(2)));
  }

  private static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }
}
