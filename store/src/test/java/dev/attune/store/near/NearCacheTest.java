package dev.attune.store.near;

import static dev.attune.store.near.Samples.ABSENT;
import static dev.attune.store.near.Samples.JANE;
import static dev.attune.store.near.Samples.MAIL;
import static dev.attune.store.near.Samples.P;
import static dev.attune.store.near.Samples.W;
import static dev.attune.store.near.Samples.adding;
import static dev.attune.store.near.Samples.found;
import static dev.attune.store.near.Samples.live;
import static dev.attune.store.near.Samples.redirect;
import static dev.attune.store.near.Samples.removing;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileReader.Reading;
import dev.attune.core.profile.StoreException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NearCacheTest {
  private static final Duration BOUND = Duration.ofSeconds(2);
  private static final Duration ANY = Duration.ofDays(1);
  private static final Duration TIMEOUT = Duration.ofMillis(200);
  private static final Instant BEGINNING = Instant.parse("2026-11-21T08:00:00Z");

  private final HandStore store = new HandStore();
  private long nanos = Long.MAX_VALUE - 1_000_000_000; // wraps, as the real one may
  private Duration passed = Duration.ZERO;
  private final InstantSource clock = () -> BEGINNING.plus(passed);
  private final NearCache cache =
      NearCache.create(store, new NearCacheSettings(8 << 20, BOUND), clock, () -> nanos);

  private void pass(Duration time) {
    passed = passed.plus(time);
    nanos += time.toNanos();
  }

  private CompletableFuture<Reading> find(Identifier identifier) {
    return cache.find(identifier, ANY, TIMEOUT).toCompletableFuture();
  }

  private CompletableFuture<Reading> findById(String profileId) {
    return cache.findById(profileId, ANY, TIMEOUT).toCompletableFuture();
  }

  private static long version(CompletableFuture<Reading> reading) {
    return reading.join().result() instanceof LookupResult.Found found
        ? found.served().version()
        : 0;
  }

  private static long micros(Instant instant) {
    return TimeUnit.SECONDS.toMicros(instant.getEpochSecond()) + instant.getNano() / 1_000;
  }

  /** Keeps an answer by asking for it. */
  private void kept(Identifier identifier, LookupResult result) {
    CompletableFuture<Reading> reading = find(identifier);
    store.next().answer(result);
    assertThat(reading).isCompleted();
  }

  private int askedBy(Runnable work) {
    int before = store.asked;
    work.run();
    return store.asked - before;
  }

  // ---- what is kept

  @Test
  void find_ofWhoWasFound_answersByAllIdentifiersLearntAndByIdWithoutTheStore() {
    kept(JANE, found(P, 1, JANE));
    assertThat(version(find(JANE))).isEqualTo(1);
    assertThat(version(findById(P))).isEqualTo(1);
    assertThat(store.asked).isEqualTo(1);
    assertThat(cache.counts().hits()).isEqualTo(2);
    assertThat(cache.counts().misses()).isEqualTo(1);
  }

  @Test
  void find_ofNobody_isKeptToo() {
    kept(JANE, ABSENT);
    pass(Duration.ofMillis(150));
    assertThat(find(JANE).join().result()).isEqualTo(ABSENT);
    assertThat(find(JANE).join().readAtMicros()).isEqualTo(micros(BEGINNING));
    assertThat(store.asked).isEqualTo(1);
  }

  @Test
  void findById_ofOneThatWasMergedAway_isKeptAsAnAlias() {
    CompletableFuture<Reading> reading = findById(P);
    store.next().answer(found(W, 5));
    assertThat(version(reading)).isEqualTo(5);
    assertThat(version(findById(P))).isEqualTo(5);
    assertThat(version(findById(W))).isEqualTo(5);
    assertThat(store.asked).isEqualTo(1);
  }

  @Test
  void answer_saysAsOfWhenItIs_countedFromBeforeTheStoreWasAsked() {
    CompletableFuture<Reading> reading = find(JANE);
    pass(Duration.ofMillis(150));
    store.next().answer(found(P, 1));
    assertThat(reading.join().readAtMicros()).isEqualTo(micros(BEGINNING));
    assertThat(find(JANE).join().readAtMicros()).isEqualTo(micros(BEGINNING));
    pass(BOUND.minusMillis(150));
    assertThat(find(JANE)).isCompleted();
    pass(Duration.ofNanos(1));
    // The refresh in the background has not come back: who asks now waits for it.
    assertThat(find(JANE)).isNotDone();
  }

  // ---- the bound

  @Test
  void entryOlderThanTheBound_isReadAgain_feedOrNoFeed() {
    kept(JANE, found(P, 1));
    cache.changed(live(P, 2)); // what was told does not make it younger
    pass(BOUND.plusNanos(1));
    assertThat(askedBy(() -> assertThat(find(JANE)).isNotDone())).isEqualTo(1);
    assertThat(askedBy(() -> assertThat(findById(P)).isNotDone())).isEqualTo(1);
  }

  @Test
  void negativeOlderThanTheBound_isReadAgain() {
    kept(JANE, ABSENT);
    pass(BOUND.plusNanos(1));
    CompletableFuture<Reading> reading = find(JANE);
    assertThat(reading).isNotDone();
    store.next().answer(found(P, 1));
    assertThat(version(reading)).isEqualTo(1);
  }

  @Test
  void mappingOlderThanTheBound_isReadAgain_thoughItsProfileIsYoung() {
    kept(JANE, found(P, 1));
    pass(Duration.ofMillis(1_400));
    kept(MAIL, found(P, 1));
    pass(Duration.ofMillis(601));
    assertThat(find(MAIL)).isCompleted();
    assertThat(find(JANE)).isNotDone();
  }

  @Test
  void maxAge_shorterThanTheBound_holds() {
    kept(JANE, found(P, 1));
    pass(Duration.ofMillis(100));
    Duration limit = Duration.ofMillis(100);
    assertThat(cache.find(JANE, limit, TIMEOUT).toCompletableFuture()).isCompleted();
    store.open.clear();
    pass(Duration.ofNanos(1));
    assertThat(cache.find(MAIL, limit, TIMEOUT).toCompletableFuture()).isNotDone();
  }

  @Test
  void maxAgeZero_asksTheStoreItself_neverJoinsAnother_andRefreshesTheCache() {
    kept(JANE, found(P, 1));
    CompletableFuture<Reading> one = cache.find(JANE, Duration.ZERO, TIMEOUT).toCompletableFuture();
    CompletableFuture<Reading> two = cache.find(JANE, Duration.ZERO, TIMEOUT).toCompletableFuture();
    assertThat(store.open).hasSize(2);
    store.next().answer(found(P, 2));
    assertThat(version(one)).isEqualTo(2);
    assertThat(two).isNotDone();
    assertThat(version(find(JANE))).isEqualTo(2);
    store.next().answer(found(P, 3));
    assertThat(version(two)).isEqualTo(3);
    assertThat(version(find(JANE))).isEqualTo(3);
  }

  @Test
  void hotEntry_isReadAgainALittleBeforeTheBound_inTheBackground_oneAtATime() {
    kept(JANE, found(P, 1));
    pass(Duration.ofMillis(1_500));
    assertThat(askedBy(() -> assertThat(find(JANE)).isCompleted())).as("not yet").isZero();
    pass(Duration.ofMillis(1));
    assertThat(askedBy(() -> assertThat(version(find(JANE))).isEqualTo(1))).isEqualTo(1);
    assertThat(askedBy(() -> assertThat(find(JANE)).isCompleted())).isZero();
    store.next().answer(found(P, 2));
    assertThat(version(find(JANE))).isEqualTo(2);
    pass(Duration.ofMillis(1_500));
    assertThat(askedBy(() -> assertThat(find(JANE)).isCompleted())).isZero();
    assertThat(cache.counts().refreshes()).isEqualTo(1);
  }

  @Test
  void refreshesInTheBackground_areBounded() {
    store.atOnce(_ -> ABSENT);
    List<Identifier> many = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      many.add(new Identifier("user_id", "u" + i));
      assertThat(find(many.get(i))).isCompleted();
    }
    store.byHand();
    pass(Duration.ofMillis(1_900));
    many.forEach(identifier -> assertThat(find(identifier)).isCompleted());
    assertThat(store.open).hasSize(64);
    while (!store.open.isEmpty()) {
      store.next().answer(ABSENT);
    }
    many.forEach(identifier -> assertThat(find(identifier)).isCompleted());
    assertThat(store.open).hasSize(36);
  }

  @Test
  void refreshThatFails_pauses_soThatAStoreThatIsAwayIsNotAskedAtEveryHit() {
    kept(JANE, found(P, 1));
    pass(Duration.ofMillis(1_600));
    assertThat(find(JANE)).isCompleted();
    store.next().fail(StoreException.Kind.UNAVAILABLE);
    assertThat(askedBy(() -> assertThat(find(JANE)).isCompleted())).isZero();
    pass(Duration.ofMillis(100));
    assertThat(askedBy(() -> assertThat(find(JANE)).isCompleted())).isEqualTo(1);
  }

  // ---- one read for many

  @Test
  void missesOfOneKey_shareARead_whoseFailureIsNotKept() {
    List<CompletableFuture<Reading>> readings = List.of(find(JANE), find(JANE), find(JANE));
    assertThat(store.open).hasSize(1);
    store.next().answer(found(P, 1));
    readings.forEach(reading -> assertThat(version(reading)).isEqualTo(1));

    CompletableFuture<Reading> failing = find(MAIL);
    store.next().fail(StoreException.Kind.UNAVAILABLE);
    assertThatThrownBy(failing::join)
        .isInstanceOf(CompletionException.class)
        .hasCauseInstanceOf(StoreException.class);
    kept(MAIL, found(P, 1));
  }

  // The first one's deadline must not fail those who have time left.
  @Test
  void sharedReadThatFails_isAskedOnceMoreForThoseWhoJoinedIt() {
    CompletableFuture<Reading> first = find(JANE);
    List<CompletableFuture<Reading>> joined = List.of(find(JANE), find(JANE));
    store.next().fail(StoreException.Kind.UNAVAILABLE);
    assertThat(first).isCompletedExceptionally();
    assertThat(store.open).hasSize(1);
    store.next().answer(found(P, 1));
    joined.forEach(reading -> assertThat(version(reading)).isEqualTo(1));
  }

  @Test
  void sharedReadThatIsRefused_isNotAskedAgain_becauseThatMeansSendLess() {
    CompletableFuture<Reading> first = find(JANE);
    CompletableFuture<Reading> joined = find(JANE);
    store.next().fail(StoreException.Kind.OVERLOADED);
    assertThat(first).isCompletedExceptionally();
    assertThat(joined).isCompletedExceptionally();
    assertThat(store.open).isEmpty();
  }

  @Test
  void whoJoins_waitsNoLongerThanItsOwnTimeout() {
    CompletableFuture<Reading> first = find(JANE);
    CompletableFuture<Reading> joined =
        cache.find(JANE, ANY, Duration.ofMillis(1)).toCompletableFuture();
    pass(Duration.ofMillis(1));
    assertThatThrownBy(() -> joined.get(5, TimeUnit.SECONDS))
        .hasCauseInstanceOf(StoreException.class);
    assertThat(first).isNotDone();
    assertThat(store.asked).isEqualTo(1);
  }

  // ---- many at once

  private static CompletableFuture<Reading> at(List<CompletionStage<Reading>> readings, int place) {
    return readings.get(place).toCompletableFuture();
  }

  private static Identifier user(String value) {
    return new Identifier("user_id", value);
  }

  @Test
  void findAll_asksTogetherForThoseWhoAreNotNearby_andOnceForEachOfThem() {
    kept(JANE, found(P, 1, JANE));
    CompletableFuture<Reading> under = find(user("under way"));
    List<CompletionStage<Reading>> readings =
        cache.findAll(List.of(user("a"), JANE, user("under way"), MAIL, user("a")), ANY, TIMEOUT);
    assertThat(store.together).containsExactly(List.of(user("a"), MAIL));
    assertThat(version(at(readings, 1))).isEqualTo(1);

    store.next().answer(found(W, 3));
    assertThat(version(under)).isEqualTo(3);
    assertThat(version(at(readings, 2))).isEqualTo(3);
    assertThat(at(readings, 0)).isNotDone();
    store.next().answer(found(W, 4));
    assertThat(version(at(readings, 0))).isEqualTo(4);
    assertThat(version(at(readings, 4))).isEqualTo(4);
    assertThat(at(readings, 3)).isNotDone();
    store.next().answer(ABSENT);
    assertThat(at(readings, 3).join().result()).isEqualTo(ABSENT);
    assertThat(cache.counts().hits()).isEqualTo(1);
    assertThat(cache.counts().misses()).isEqualTo(6);

    // All of it is kept, and nobody is asked for any more.
    cache
        .findAll(List.of(user("a"), MAIL, user("under way")), ANY, TIMEOUT)
        .forEach(reading -> assertThat(reading.toCompletableFuture()).isCompleted());
    assertThat(store.together).hasSize(1);
  }

  @Test
  void findAllById_maxAgeZero_asksTheStoreItselfForAll() {
    kept(JANE, found(P, 1, JANE));
    pass(Duration.ofMillis(1));
    List<CompletionStage<Reading>> readings =
        cache.findAllById(List.of(P, W), Duration.ZERO, TIMEOUT);
    assertThat(store.together).containsExactly(List.of(P, W));
    store.next().answer(found(P, 2, JANE));
    store.next().answer(ABSENT);
    assertThat(version(at(readings, 0))).isEqualTo(2);
    assertThat(at(readings, 0).join().readAtMicros()).isEqualTo(micros(clock.instant()));
    assertThat(version(find(JANE))).isEqualTo(2);
  }

  @Test
  void findAll_oneOfWhichFails_answersTheOthers_andKeepsNoFailure() {
    List<CompletionStage<Reading>> readings = cache.findAll(List.of(JANE, MAIL), ANY, TIMEOUT);
    store.next().fail(StoreException.Kind.UNAVAILABLE);
    store.next().answer(found(P, 1));
    assertThat(at(readings, 0)).isCompletedExceptionally();
    assertThat(version(at(readings, 1))).isEqualTo(1);
    assertThat(askedBy(() -> assertThat(find(JANE)).isNotDone())).isEqualTo(1);
  }

  @Test
  void findAll_thatTheStoreRefuses_failsAll_andLeavesNothingUnderWay() {
    store.refusal = new IllegalStateException("as the test says");
    cache
        .findAll(List.of(JANE, MAIL), ANY, TIMEOUT)
        .forEach(reading -> assertThat(reading.toCompletableFuture()).isCompletedExceptionally());
    assertThat(askedBy(() -> assertThat(find(JANE)).isNotDone())).isEqualTo(1);
  }

  @Test
  void findAll_oneOfWhichWasChangedMeanwhile_readsThatOneAgain() {
    List<CompletionStage<Reading>> readings = cache.findAll(List.of(JANE, MAIL), ANY, TIMEOUT);
    cache.changed(adding(live(P, 2, JANE), JANE));
    store.next().answer(ABSENT);
    store.next().answer(ABSENT);
    assertThat(at(readings, 0)).isNotDone();
    assertThat(at(readings, 1)).isCompleted();
    store.next().answer(found(P, 2, JANE));
    assertThat(version(at(readings, 0))).isEqualTo(2);
    assertThat(cache.counts().rereads()).isEqualTo(1);
  }

  // ---- the store is away

  @Test
  void storeThatIsAway_leavesAnswersWithinTheBound_andFailsBeyond() {
    kept(JANE, found(P, 1));
    store.atOnce(
        _ -> {
          throw new StoreException(StoreException.Kind.UNAVAILABLE, "away");
        });
    pass(BOUND);
    assertThat(version(find(JANE))).isEqualTo(1);
    pass(Duration.ofNanos(1));
    assertThatThrownBy(() -> find(JANE).join()).hasCauseInstanceOf(StoreException.class);
    assertThat(cache.isOverload(new StoreException(StoreException.Kind.OVERLOADED, ""))).isTrue();
  }

  // ---- the feed makes it sooner

  @Test
  void changed_replacesWhatIsKept_andKeepsItsAge() {
    kept(JANE, found(P, 1));
    pass(Duration.ofSeconds(1));
    cache.changed(live(P, 2, JANE));
    assertThat(version(find(JANE))).isEqualTo(2);
    assertThat(find(JANE).join().readAtMicros()).isEqualTo(micros(BEGINNING));
    cache.changed(live(P, 1, JANE)); // told late, or once more
    assertThat(version(find(JANE))).isEqualTo(2);
    assertThat(store.asked).isEqualTo(1);
  }

  @Test
  void changedOfWhomNobodyAskedFor_isNotKept() {
    cache.changed(live(P, 2, JANE));
    assertThat(cache.counts().entries()).isZero();
  }

  @Test
  void changed_letsGoOfANegative_whetherTheIdentifierIsNamedOrOnlyInTheRecord() {
    kept(JANE, ABSENT);
    kept(MAIL, ABSENT);
    cache.changed(adding(live(P, 1, JANE, MAIL), JANE));
    kept(JANE, found(P, 1));
    kept(MAIL, found(P, 1));
  }

  @Test
  void changed_letsGoOfAMappingThatPointsElsewhere() {
    kept(JANE, found(P, 1));
    cache.changed(live(W, 2, JANE));
    kept(JANE, found(W, 2));
    cache.changed(live(W, 3, JANE));
    assertThat(version(find(JANE))).isEqualTo(3);
  }

  @Test
  void changed_letsGoOfAnIdentifierThatWasTakenAway() {
    kept(JANE, found(P, 1));
    kept(MAIL, found(P, 1));
    cache.changed(removing(live(P, 2, JANE), MAIL));
    assertThat(version(find(JANE))).isEqualTo(2);
    kept(MAIL, found(W, 2));
  }

  @Test
  void redirect_leadsToTheProfileThatItBecame() {
    kept(JANE, found(P, 1));
    kept(MAIL, found(W, 1));
    cache.changed(redirect(P, 2, W));
    assertThat(version(findById(P))).isEqualTo(1);
    assertThat(find(JANE).join().result()).isEqualTo(found(W, 1));
    cache.changed(redirect(P, 1, P)); // told late: a circle must not come of it
    assertThat(find(JANE)).isCompleted();
  }

  @Test
  void redirectInACircle_asksTheStore() {
    kept(JANE, found(P, 1));
    kept(MAIL, found(W, 1));
    cache.changed(redirect(P, 2, W));
    cache.changed(redirect(W, 2, P));
    assertThat(find(JANE)).isNotDone();
  }

  @Test
  void redirectThatIsAProfileAgain_isReadAgain() {
    kept(JANE, found(P, 1));
    kept(MAIL, found(W, 1));
    cache.changed(redirect(P, 2, W));
    cache.changed(live(P, 3, JANE));
    kept(JANE, found(P, 3));
  }

  // ---- races

  @Test
  void fillThatBeganBeforeAnInvalidation_andEndsAfterItWithLess_isReadAgain() {
    CompletableFuture<Reading> reading = find(JANE);
    HandStore.Question early = store.next();
    cache.changed(live(P, 2, JANE));
    early.answer(found(P, 1, JANE));
    assertThat(reading).as("version 1 is below the floor").isNotDone();
    store.next().answer(found(P, 2, JANE));
    assertThat(version(reading)).isEqualTo(2);
    assertThat(version(find(JANE))).isEqualTo(2);
    assertThat(cache.counts().rereads()).isEqualTo(1);
  }

  @Test
  void fillThatBeganBeforeAnInvalidation_butHasItsVersion_isKept() {
    CompletableFuture<Reading> reading = find(JANE);
    cache.changed(live(P, 2, JANE));
    store.next().answer(found(P, 2, JANE));
    assertThat(version(reading)).isEqualTo(2);
    assertThat(find(JANE)).isCompleted();
  }

  // A replica that lags, or a store that was set back: better its answer than none.
  @Test
  void storeThatStaysBelowTheFloor_isAnsweredButNotKept() {
    CompletableFuture<Reading> reading = find(JANE);
    cache.changed(live(P, 2, JANE));
    for (int i = 0; i < 3; i++) {
      store.next().answer(found(P, 1, JANE));
    }
    assertThat(version(reading)).isEqualTo(1);
    assertThat(find(JANE)).isNotDone();
  }

  @Test
  void rereading_keepsToTheTimeout() {
    CompletableFuture<Reading> reading = find(JANE);
    HandStore.Question early = store.next();
    cache.changed(live(P, 2, JANE));
    pass(Duration.ofMillis(150));
    early.answer(found(P, 1, JANE));
    HandStore.Question again = store.next();
    assertThat(again.timeout()).isEqualTo(Duration.ofMillis(50));
    cache.changed(live(P, 3, JANE));
    pass(Duration.ofMillis(50));
    again.answer(found(P, 2, JANE));
    assertThat(reading).isCompletedExceptionally();
  }

  @Test
  void twoFillsOutOfOrder_keepTheNewer() {
    CompletableFuture<Reading> first =
        cache.find(JANE, Duration.ZERO, TIMEOUT).toCompletableFuture();
    CompletableFuture<Reading> second =
        cache.find(JANE, Duration.ZERO, TIMEOUT).toCompletableFuture();
    HandStore.Question early = store.next();
    store.next().answer(found(P, 2));
    early.answer(found(P, 1));
    assertThat(version(second)).isEqualTo(2);
    assertThat(version(first)).as("the newer one is known by now").isEqualTo(2);
    assertThat(version(find(JANE))).isEqualTo(2);
  }

  @Test
  void twoFillsOutOfOrder_ofWhoIsWho_keepTheOneAskedLater() {
    cache.find(JANE, Duration.ZERO, TIMEOUT);
    cache.find(JANE, Duration.ZERO, TIMEOUT);
    HandStore.Question early = store.next();
    store.next().answer(found(W, 1));
    early.answer(found(P, 9));
    assertThat(find(JANE).join().result()).isEqualTo(found(W, 1));
  }

  @Test
  void negativeFilledWhileThePersonIsBeingCreated_isReadAgain() {
    CompletableFuture<Reading> reading = find(JANE);
    HandStore.Question early = store.next();
    cache.changed(adding(live(P, 1, JANE), JANE));
    early.answer(ABSENT);
    assertThat(reading).isNotDone();
    store.next().answer(found(P, 1, JANE));
    assertThat(version(reading)).isEqualTo(1);

    CompletableFuture<Reading> byId = findById(W);
    HandStore.Question earlyToo = store.next();
    cache.changed(live(W, 1));
    earlyToo.answer(ABSENT);
    assertThat(byId).isNotDone();
    store.next().answer(found(W, 1));
    assertThat(version(byId)).isEqualTo(1);
  }

  @Test
  void mergeBetweenMappingAndProfile_endsAtTheWinner() {
    CompletableFuture<Reading> reading = find(JANE);
    HandStore.Question early = store.next();
    cache.changed(adding(live(W, 2, JANE), JANE));
    cache.changed(removing(redirect(P, 3, W), JANE));
    early.answer(found(P, 1, JANE)); // read before the merge
    assertThat(reading).isNotDone();
    store.next().answer(found(W, 2, JANE));
    assertThat(version(reading)).isEqualTo(2);
    assertThat(find(JANE).join().result()).isEqualTo(found(W, 2, JANE));
  }

  // The identity was read before the split, the profile after it: its version alone looks right.
  @Test
  void splitBetweenMappingAndProfile_isReadAgain() {
    CompletableFuture<Reading> reading = find(MAIL);
    HandStore.Question early = store.next();
    cache.changed(adding(live(W, 2, MAIL), MAIL));
    cache.changed(removing(live(P, 3, JANE), MAIL));
    early.answer(found(P, 3, JANE));
    assertThat(reading).isNotDone();
    store.next().answer(found(W, 2, MAIL));
    assertThat(version(reading)).isEqualTo(2);
  }

  @Test
  void aliasReadBeforeItWasAProfileAgain_isReadAgain() {
    CompletableFuture<Reading> reading = findById(P);
    HandStore.Question early = store.next();
    cache.changed(live(P, 3, JANE));
    early.answer(found(W, 1));
    assertThat(reading).isNotDone();
    store.next().answer(found(P, 3, JANE));
    assertThat(version(reading)).isEqualTo(3);
  }

  // A store that was set back is believed once the bound is over, not before.
  @Test
  void lowerVersionWithoutAChange_isTakenOnceTheBoundIsOver() {
    kept(JANE, found(P, 9));
    pass(Duration.ofMillis(1_600));
    assertThat(version(find(JANE))).isEqualTo(9);
    store.next().answer(found(P, 1));
    assertThat(version(find(JANE))).isEqualTo(9);
    store.open.clear();
    pass(Duration.ofMillis(401));
    CompletableFuture<Reading> reading =
        cache.find(JANE, Duration.ZERO, TIMEOUT).toCompletableFuture();
    store.open.removeLast().answer(found(P, 1));
    assertThat(version(reading)).isEqualTo(1);
  }

  @Test
  void profileThatDoesNotParse_isSaidToBeCorrupt_andEndsTheRead() {
    CompletableFuture<Reading> reading = find(JANE);
    var broken = Samples.served(P, 1).bytes().substring(0, 24 + 7);
    store.next().answer(new LookupResult.Found(new dev.attune.core.profile.Served(broken)));
    assertThatThrownBy(reading::join)
        .hasCauseInstanceOf(StoreException.class)
        .hasMessageContaining("does not parse");
    kept(JANE, found(P, 1));
  }

  @Test
  void nearby_isWhatIsKeptAndYoungEnough_andDoesNotAskForTheRest() {
    assertThat(cache.nearby(JANE, ANY)).isNull();
    assertThat(cache.nearbyById(P, ANY)).isNull();
    assertThat(store.asked).isZero();
    kept(JANE, found(P, 1, JANE));
    assertThat(cache.nearby(JANE, ANY)).isEqualTo(find(JANE).join());
    assertThat(cache.nearbyById(P, ANY)).isEqualTo(find(JANE).join());
    assertThat(cache.nearby(JANE, Duration.ZERO)).isNull();
    pass(BOUND.plusNanos(1));
    assertThat(cache.nearby(JANE, ANY)).isNull();
    assertThat(store.asked).isEqualTo(1);
  }
}
