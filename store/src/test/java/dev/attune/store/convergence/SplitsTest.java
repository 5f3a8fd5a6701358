package dev.attune.store.convergence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.identity.Links;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileIds;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.core.profile.Splits;
import dev.attune.core.profile.Splits.Result;
import dev.attune.core.profile.Splits.Why;
import dev.attune.core.profile.Splits.Word;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.Profile;
import dev.attune.store.memory.MemoryProfileStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** An operator's word that two identifiers do not belong together. */
class SplitsTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Identifier JANE = new Identifier("user_id", "jane");
  private static final Identifier EMAIL = new Identifier("email", "jane@example.org");
  private static final Identifier BROWSER = new Identifier("anonymous_id", "a");
  private static final Identifier OTHER = new Identifier("anonymous_id", "b");

  private final ProfileStore store = new MemoryProfileStore();
  private final ProfileWriter writer = writer(store);
  // The clock stands still, as one may that was set back.
  private final Splits splits = new Splits(store, writer, () -> Instant.EPOCH, TIMEOUT);

  private static ProfileWriter writer(ProfileStore store) {
    return new ProfileWriter(
        store,
        _ -> CompletableFuture.completedFuture(null),
        () -> Catalog.DEFAULT,
        () -> Instant.EPOCH,
        TIMEOUT);
  }

  private void link(Identifier one, Identifier other, long at) {
    Link link = Links.link(one, other, at, "e" + at);
    writer.apply(
        List.of(new ProfileInput(one, List.of(), List.of(link), Cause.getDefaultInstance())));
  }

  private static Word word(Identifier one, Identifier other) {
    return new Word(one, other, "ops", "they share a computer");
  }

  private Profile profile(Identifier identifier) {
    LookupResult found = store.find(identifier, TIMEOUT).toCompletableFuture().join();
    return ((LookupResult.Found) found).served().profile();
  }

  private static void assertRefused(Result result, Why why) {
    assertThat(result).isEqualTo(new Result.Refused(why));
  }

  @Test
  void split_partsThePersonAtOnce_andLiftBringsThemTogetherAgain() {
    link(BROWSER, EMAIL, 1);
    link(JANE, EMAIL, 2);
    assertThat(profile(JANE).getMergedFromList()).contains(ProfileIds.of(EMAIL));

    Result split = splits.split(word(JANE, EMAIL));

    assertThat(split).isEqualTo(new Result.Done(ProfileIds.of(JANE), ProfileIds.of(EMAIL), 1));
    assertThat(profile(JANE).getIdentifiersCount()).isEqualTo(1);
    // It lives again, so it is no former id.
    assertThat(profile(JANE).getMergedFromList()).isEmpty();
    assertThat(profile(BROWSER).getIdentifiersList())
        .extracting(Identifier::of)
        .containsExactly(EMAIL, BROWSER);
    // Whatever is said later, and over whom.
    link(JANE, EMAIL, 3);
    link(JANE, BROWSER, 4);
    assertThat(profile(JANE).getIdentifiersCount()).isEqualTo(1);

    Result lifted = splits.lift(word(EMAIL, JANE));

    assertThat(lifted).isEqualTo(new Result.Done(ProfileIds.of(JANE), ProfileIds.of(JANE), 2));
    assertThat(profile(BROWSER).getIdentifiersList())
        .extracting(Identifier::of)
        .containsExactly(JANE, EMAIL, BROWSER);
    assertThat(splits.split(word(JANE, BROWSER))).isInstanceOf(Result.Done.class);
    assertThat(profile(BROWSER).getProfileId()).isNotEqualTo(profile(JANE).getProfileId());
  }

  @Test
  void wordsThatMakeNoSense_areRefusedAndChangeNothing() {
    link(JANE, BROWSER, 1);
    link(EMAIL, OTHER, 2);
    Identifier nobody = new Identifier("user_id", "nobody");
    assertRefused(splits.split(word(nobody, JANE)), Why.FIRST_UNKNOWN);
    assertRefused(splits.split(word(JANE, nobody)), Why.SECOND_UNKNOWN);
    assertRefused(splits.split(word(JANE, EMAIL)), Why.NOT_LINKED);
    assertRefused(splits.lift(word(JANE, BROWSER)), Why.NOTHING_TO_LIFT);
    assertRefused(splits.lift(word(JANE, nobody)), Why.SECOND_UNKNOWN);
    splits.split(word(JANE, BROWSER));
    assertRefused(splits.split(word(BROWSER, JANE)), Why.ALREADY_SPLIT);
    splits.lift(word(JANE, BROWSER));
    assertRefused(splits.lift(word(JANE, BROWSER)), Why.NOTHING_TO_LIFT);
    assertThat(profile(BROWSER).getProfileId()).isEqualTo(ProfileIds.of(JANE));

    assertThatThrownBy(() -> word(JANE, JANE)).hasMessageContaining("the same");
    assertThatThrownBy(() -> new Word(JANE, EMAIL, "", "why")).hasMessageStartingWith("by: ");
    assertThatThrownBy(() -> new Word(JANE, EMAIL, "ops", "a\nb"))
        .hasMessage("reason: not a line of text (expected: 1 to 200 characters)");
    assertThat(word(JANE, EMAIL).toString()).doesNotContain("jane");
  }

  @Test
  void split_fromTooManyOthers_isRefusedBeforeAnotherOneIsForgotten() {
    for (int i = 0; i < Links.OF_OPERATORS_MAX; i++) {
      Identifier cookie = new Identifier("anonymous_id", "c" + i);
      link(JANE, cookie, i + 1);
      assertThat(splits.split(word(JANE, cookie))).isInstanceOf(Result.Done.class);
    }
    link(JANE, BROWSER, 1_000);
    assertRefused(splits.split(word(JANE, BROWSER)), Why.TOO_MANY);
  }

  @Test
  void split_thatStopsAnywhere_isCompletedByRepeating() {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      Identifier user = new Identifier("user_id", "u" + i);
      Identifier cookie = new Identifier("anonymous_id", "x" + i);
      link(cookie, user, 1);
      var faulty = new FaultyStore(store, () -> random.nextInt(8) == 0);
      var stopping = new Splits(faulty, writer(faulty), () -> Instant.EPOCH, TIMEOUT);
      for (int tries = 0; ; tries++) {
        try {
          Result result = stopping.split(word(user, cookie));
          // The answer alone was lost.
          assertThat(result)
              .as("seed %d", seed)
              .matches(
                  r -> r instanceof Result.Done || r.equals(new Result.Refused(Why.ALREADY_SPLIT)));
          break;
        } catch (StoreException e) {
          assertThat(tries).as("seed %d", seed).isLessThan(500);
        }
      }
      assertThat(profile(user).getIdentifiersCount()).as("seed %d", seed).isEqualTo(1);
      assertThat(profile(cookie).getProfileId())
          .as("seed %d", seed)
          .isEqualTo(ProfileIds.of(cookie));
    }
  }
}
