package dev.attune.profiles.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileReader;
import dev.attune.core.profile.ProgressReader;
import dev.attune.core.profile.Served;
import dev.attune.core.profile.StoreException;
import dev.attune.core.profile.WriteToken;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.TokenState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a lookup asks its reader for, and what becomes of it when definitions change. */
class LookupTest {
  private static final Who JANE = new Who.ByIdentifier("user_id", "42");
  private static final String TOKEN = new WriteToken(new TreeMap<>(Map.of(0, 1L))).encode();
  private static final Patience PATIENCE = Patience.unhurried(Duration.ofMillis(200));

  private final Reader reader = new Reader();
  private final Source source = new Source();
  private final Lookup lookup =
      new Lookup(reader, new Passed(), source, 10, () -> Instant.ofEpochSecond(5));

  @AfterEach
  void close() {
    lookup.close();
  }

  /** Finds everybody, and remembers how old the answer was allowed to be. */
  private static final class Reader implements ProfileReader {
    final List<Duration> maxAges = new ArrayList<>();
    final Set<String> nearby = new HashSet<>();
    final List<CompletableFuture<Reading>> silent = new ArrayList<>();
    final List<List<String>> together = new ArrayList<>();
    boolean answers = true;
    @Nullable RuntimeException refusal;
    boolean knowsNobody;
    Served served = Served.of(Profile.newBuilder().setProfileId("ab").setVersion(3).build());

    @Override
    public CompletionStage<Reading> find(Identifier identifier, Duration maxAge, Duration timeout) {
      maxAges.add(maxAge);
      if (answers) {
        return CompletableFuture.completedFuture(found());
      }
      silent.add(new CompletableFuture<>());
      return silent.getLast();
    }

    Reading found() {
      return new Reading(
          knowsNobody ? new LookupResult.Absent() : new LookupResult.Found(served), 1);
    }

    @Override
    public @Nullable Reading nearby(Identifier identifier, Duration maxAge) {
      return nearby.contains(identifier.value()) ? found() : null;
    }

    @Override
    public CompletionStage<Reading> findById(String profileId, Duration maxAge, Duration timeout) {
      throw new UnsupportedOperationException("nobody asks by id here");
    }

    @Override
    public List<CompletionStage<Reading>> findAll(
        List<Identifier> identifiers, Duration maxAge, Duration timeout) {
      together.add(identifiers.stream().map(Identifier::value).toList());
      if (refusal != null) {
        throw refusal;
      }
      return ProfileReader.super.findAll(identifiers, maxAge, timeout);
    }

    @Override
    public boolean isOverload(Throwable error) {
      return false;
    }
  }

  /** Every event has been handled. */
  private static final class Passed implements ProgressReader {
    @Override
    public CompletionStage<Map<Integer, Long>> handled(
        Collection<Integer> partitions, Duration timeout) {
      Map<Integer, Long> handled = new TreeMap<>();
      partitions.forEach(partition -> handled.put(partition, Long.MAX_VALUE));
      return CompletableFuture.completedFuture(handled);
    }

    @Override
    public CompletionStage<Boolean> anyRejected(WriteToken token, Duration timeout) {
      return CompletableFuture.completedFuture(false);
    }
  }

  /** Definitions that a test changes. */
  private static final class Source implements DefinitionsSource {
    volatile Definitions current = definitions(1);

    @Override
    public Definitions current() {
      return current;
    }

    @Override
    public long position() {
      return Long.MAX_VALUE;
    }

    @Override
    public void onChange(Consumer<Definitions> listener) {}

    static Definitions withoutGroups() {
      return Definitions.parse(
          List.of(
              Definition.newBuilder()
                  .setKind("catalog")
                  .setId("catalog")
                  .setPath("catalog.yaml")
                  .setVersion(1)
                  .setYaml("namespaces: {user_id: {unique: true}}\n")
                  .build()));
    }

    static Definitions definitions(long version) {
      return Definitions.parse(
          List.of(
              Definition.newBuilder()
                  .setKind("view")
                  .setId("banner")
                  .setPath("views/banner.yaml")
                  .setVersion(version)
                  .setYaml("name: banner\nversion: 4\nmax_age: 2s\n")
                  .build()));
    }
  }

  private Outcome ask(Question question) throws Exception {
    return lookup.one(JANE, question, "", PATIENCE).get(10, TimeUnit.SECONDS);
  }

  private static Question question(String view, long maxAgeMillis, String token) {
    return new Question(view, List.of(), maxAgeMillis, token, Question.UNSAID);
  }

  @Test
  void age_isTheSmallerOfTheCallersAndTheViews_andNoneAfterAWrite() throws Exception {
    ask(question("", Question.UNSAID, ""));
    ask(question("", 5_000, ""));
    ask(question("banner", Question.UNSAID, ""));
    ask(question("banner", 5_000, ""));
    ask(question("banner", 500, ""));
    ask(question("", 0, ""));
    ask(question("banner", 5_000, TOKEN));
    assertThat(reader.maxAges)
        .containsExactly(
            Selection.ANY_AGE,
            Duration.ofSeconds(5),
            Duration.ofSeconds(2),
            Duration.ofSeconds(2),
            Duration.ofMillis(500),
            Duration.ZERO,
            Duration.ZERO);
  }

  // As of when the store was read, which for an answer from nearby is not now.
  @Test
  void nobody_isAsOldAsWhatItWasReadFrom() throws Exception {
    reader.knowsNobody = true;
    assertThat(ask(question("", Question.UNSAID, TOKEN)))
        .isEqualTo(Outcome.Failed.absent(1, TokenState.APPLIED));
    reader.nearby.add("42");
    Outcome near = Outcome.Failed.absent(1, TokenState.TOKEN_STATE_UNSPECIFIED);
    assertThat(ask(Question.WHOLE)).isEqualTo(near);
    assertThat(lookup.many(List.of(JANE), Question.WHOLE, PATIENCE).get(10, TimeUnit.SECONDS))
        .containsExactly(near);
  }

  @Test
  void wholeProfile_isTheStoredBytes_notACopy() throws Exception {
    Outcome outcome = ask(Question.WHOLE);
    assertThat(((Outcome.Found) outcome).answer().profile().toByteArray())
        .isEqualTo(reader.served.profileBytes().toByteArray());
    assertThat(((Outcome.Found) outcome).answer().statuses()).isEmpty();
  }

  @Test
  void appliedAgain_aViewHasAnotherTag_andAnUnknownOneIsKnown() throws Exception {
    var before = (Outcome.Found) ask(question("banner@4", Question.UNSAID, ""));
    source.current = Source.definitions(2);
    var after = (Outcome.Found) ask(question("banner@4", Question.UNSAID, ""));
    assertThat(after.answer().etag()).isNotEqualTo(before.answer().etag());
    source.current = Definitions.NONE;
    assertThat(ask(question("banner", Question.UNSAID, "")))
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.reason()).isEqualTo(Reason.UNKNOWN_VIEW));
  }

  @Test
  void group_withoutItsNamespace_isRefused_andSaysWhy() throws Exception {
    source.current = Source.withoutGroups();
    assertThat(
            lookup.one(Who.group("acme"), Question.WHOLE, "", PATIENCE).get(10, TimeUnit.SECONDS))
        .isEqualTo(
            new Outcome.Failed(
                Reason.INVALID_IDENTIFIER,
                "group_id: the catalog declares no namespace group_id, by which groups are known"));
  }

  @Test
  void answerThatCannotBeMade_isAnError_andNotSilence() throws Exception {
    byte[] header = new byte[Served.HEADER_LENGTH];
    header[0] = 1;
    // An end far before the epoch, and no profile that it could be of.
    reader.served =
        new Served(ByteString.copyFrom(header).concat(ByteString.copyFromUtf8("\377\377")));
    assertThat(ask(Question.WHOLE))
        .isEqualTo(new Outcome.Failed(Reason.INTERNAL, Messages.CORRUPT));
    assertThat(lookup.underWay()).isZero();
  }

  private static Who user(String value) {
    return new Who.ByIdentifier("user_id", value);
  }

  private CompletableFuture<Outcome> begin(Who who) {
    return lookup.one(who, Question.WHOLE, "", PATIENCE);
  }

  private static Reason reason(Outcome outcome) {
    return ((Outcome.Failed) outcome).reason();
  }

  // What is on the heap costs nothing to answer, however far behind the store is.
  @Test
  void fullOfQuestionsToTheStore_itRefusesAtOnce_butAnswersFromNearby() throws Exception {
    reader.answers = false;
    reader.nearby.add("near");
    List<CompletableFuture<Outcome>> waiting = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      waiting.add(begin(user("far" + i)));
    }
    assertThat(lookup.underWay()).isEqualTo(10);
    assertThat(begin(user("far")))
        .isCompletedWithValueMatching(o -> reason(o) == Reason.OVERLOADED);
    assertThat(begin(user("near"))).isCompletedWithValueMatching(Outcome.Found.class::isInstance);
    List<Outcome> batch =
        lookup
            .many(List.of(user("near"), user("far"), user("")), Question.WHOLE, PATIENCE)
            .get(10, TimeUnit.SECONDS);
    assertThat(batch.get(0)).isInstanceOf(Outcome.Found.class);
    assertThat(reason(batch.get(1))).isEqualTo(Reason.OVERLOADED);
    assertThat(reason(batch.get(2))).isEqualTo(Reason.INVALID_IDENTIFIER);
    for (var each : waiting) {
      assertThat(reason(each.get(10, TimeUnit.SECONDS))).isEqualTo(Reason.UNAVAILABLE);
    }
    assertThat(lookup.underWay()).isZero();
  }

  @Test
  void batch_isAnsweredInItsOrder_whateverOrderTheStoreAnswersIn() throws Exception {
    reader.answers = false;
    reader.nearby.add("b");
    CompletableFuture<List<Outcome>> batch =
        lookup.many(List.of(user("a"), user("b"), user("c"), user("d")), Question.WHOLE, PATIENCE);
    assertThat(lookup.underWay()).isEqualTo(3);
    reader.silent.get(2).complete(new ProfileReader.Reading(new LookupResult.Absent(), 1));
    reader.silent.get(0).complete(reader.found());
    assertThat(batch).isNotDone();
    reader
        .silent
        .get(1)
        .completeExceptionally(new StoreException(StoreException.Kind.UNAVAILABLE, "away"));
    List<Outcome> outcomes = batch.get(10, TimeUnit.SECONDS);
    assertThat(outcomes.get(0)).isInstanceOf(Outcome.Found.class);
    assertThat(outcomes.get(1)).isInstanceOf(Outcome.Found.class);
    assertThat(reason(outcomes.get(2))).isEqualTo(Reason.UNAVAILABLE);
    assertThat(reason(outcomes.get(3))).isEqualTo(Reason.NOT_FOUND);
    assertThat(lookup.underWay()).isZero();
  }

  @Test
  void batch_asksTogetherForThoseWhoAreNotNearby_andFailsOnlyThoseWhoCannotBeAskedFor()
      throws Exception {
    reader.nearby.add("near");
    Who byId = new Who.ById("0".repeat(32));
    List<Outcome> outcomes =
        lookup
            .many(
                List.of(user("a"), byId, user("near"), user(""), user("b")),
                Question.WHOLE,
                PATIENCE)
            .get(10, TimeUnit.SECONDS);
    assertThat(reader.together).containsExactly(List.of("a", "b"));
    assertThat(outcomes.get(0)).isInstanceOf(Outcome.Found.class);
    assertThat(reason(outcomes.get(1))).isEqualTo(Reason.UNAVAILABLE);
    assertThat(outcomes.get(2)).isInstanceOf(Outcome.Found.class);
    assertThat(reason(outcomes.get(3))).isEqualTo(Reason.INVALID_IDENTIFIER);
    assertThat(outcomes.get(4)).isInstanceOf(Outcome.Found.class);
    assertThat(lookup.underWay()).isZero();
  }

  @Test
  void batchThatTheReaderRefuses_fails_andGivesBackItsPlaces() throws Exception {
    reader.refusal = new StoreException(StoreException.Kind.OVERLOADED, "full");
    List<Outcome> outcomes =
        lookup
            .many(List.of(user("a"), user("b")), Question.WHOLE, PATIENCE)
            .get(10, TimeUnit.SECONDS);
    assertThat(outcomes)
        .allSatisfy(outcome -> assertThat(reason(outcome)).isEqualTo(Reason.OVERLOADED));
    assertThat(lookup.underWay()).isZero();
  }

  @Test
  void batchThatIsHalfAnsweredInTime_keepsThatHalf() throws Exception {
    reader.answers = false;
    CompletableFuture<List<Outcome>> batch =
        lookup.many(List.of(user("a"), user("b")), Question.WHOLE, PATIENCE);
    reader.silent.get(1).complete(reader.found());
    List<Outcome> outcomes = batch.get(10, TimeUnit.SECONDS);
    assertThat(reason(outcomes.get(0))).isEqualTo(Reason.UNAVAILABLE);
    assertThat(outcomes.get(1)).isInstanceOf(Outcome.Found.class);
    reader.silent.get(0).complete(reader.found());
    assertThat(lookup.underWay()).isZero();
  }
}
