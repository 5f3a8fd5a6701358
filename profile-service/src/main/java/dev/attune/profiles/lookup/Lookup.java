package dev.attune.profiles.lookup;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileReader;
import dev.attune.core.profile.ProgressReader;
import dev.attune.core.profile.Served;
import dev.attune.core.profile.StoreException;
import dev.attune.core.profile.WriteToken;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.profiles.lookup.AdaptiveLimit.Told;
import dev.attune.proto.v1.TokenState;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * From an identifier to a profile, or the part of it that is wanted. Asynchronous end to end: a
 * future completes on the thread on which the store answered, because a hop to another one costs
 * more than the lookup.
 */
public final class Lookup implements AutoCloseable {
  /** Most entries of a batch. */
  static final int BATCH_MAX = 500;

  private static final Logger LOG = LoggerFactory.getLogger(Lookup.class);
  private static final Pattern PROFILE_ID = Pattern.compile("[0-9a-f]{32}");
  private static final Duration WAIT = Duration.ofSeconds(1);
  private static final long AGE_MILLIS_MAX = Duration.ofDays(3_650).toMillis();
  private static final Outcome UNAVAILABLE =
      new Outcome.Failed(Reason.UNAVAILABLE, Messages.UNAVAILABLE);
  private static final Outcome OVERLOADED =
      new Outcome.Failed(Reason.OVERLOADED, Messages.OVERLOADED);

  private final ProfileReader reader;
  private final DefinitionsSource definitions;
  private final InstantSource clock;
  private final AdaptiveLimit limit;
  private final Overdue overdue = new Overdue();
  private final TokenWaits waits;
  private volatile Selections selections;

  /**
   * @param lookupsMax that wait for the store at once; one more is refused, and fewer are taken
   *     while the store does not keep up
   */
  public Lookup(
      ProfileReader reader,
      ProgressReader progress,
      DefinitionsSource definitions,
      int lookupsMax,
      InstantSource clock) {
    this.reader = reader;
    this.definitions = definitions;
    this.clock = clock;
    this.limit = new AdaptiveLimit(lookupsMax, System::nanoTime);
    this.waits = new TokenWaits(progress);
    this.selections = new Selections(definitions.current());
  }

  /** A question after its rules were checked. */
  private record Checked(
      Selections under,
      Selection selection,
      Duration maxAge,
      @Nullable WriteToken token,
      Duration maxWait) {}

  /**
   * One lookup; never fails, and ends within the patience.
   *
   * @param ifNoneMatch tags that the caller has; empty: none
   */
  CompletableFuture<Outcome> one(
      Who who, Question question, String ifNoneMatch, Patience patience) {
    return checked(
        question,
        patience,
        CompletableFuture::completedFuture,
        (checked, state, reading) -> read(who, checked, ifNoneMatch, state, reading));
  }

  /** Many at once, in their order; never fails, and ends within the patience. */
  CompletableFuture<List<Outcome>> many(List<Who> whom, Question question, Patience patience) {
    return checked(
        question,
        patience,
        failed ->
            CompletableFuture.completedFuture(whom.stream().map(_ -> (Outcome) failed).toList()),
        (checked, state, reading) -> read(whom, checked, state, reading));
  }

  /**
   * The rules of a question that hold for all of a batch.
   *
   * @throws Refusal when one is broken
   */
  void check(Question question) {
    var _ = checkedRules(question);
  }

  /** What is done once the token, if there is one, has passed or was waited for in vain. */
  private interface Next<T> {
    CompletableFuture<T> read(Checked checked, TokenState state, Duration reading);
  }

  private <T> CompletableFuture<T> checked(
      Question question,
      Patience patience,
      Function<Outcome.Failed, CompletableFuture<T>> refused,
      Next<T> next) {
    try {
      Checked checked = checkedRules(question);
      if (checked.token() == null) {
        return next.read(checked, TokenState.TOKEN_STATE_UNSPECIFIED, patience.read());
      }
      long began = System.nanoTime();
      return waits
          .await(checked.token(), patience.waiting(checked.maxWait()))
          .thenCompose(
              state ->
                  next.read(
                      checked,
                      state,
                      patience.reading(Duration.ofNanos(System.nanoTime() - began))));
    } catch (Refusal e) {
      return refused.apply(e.outcome());
    }
  }

  private Checked checkedRules(Question question) {
    Selections current = current();
    Selection selection = current.of(question.view(), question.fields());
    WriteToken token = null;
    if (!question.minToken().isEmpty()) {
      try {
        token = WriteToken.decode(question.minToken());
      } catch (IllegalArgumentException e) {
        throw Refusal.invalid("min_" + e.getMessage());
      }
    }
    // Who waits for a write wants what the store has.
    Duration maxAge = token == null ? maxAge(question.maxAgeMillis(), selection) : Duration.ZERO;
    return new Checked(current, selection, maxAge, token, maxWait(question.maxWaitMillis()));
  }

  private static Duration maxAge(long millis, Selection selection) {
    if (millis == Question.UNSAID) {
      return selection.maxAge();
    }
    if (millis < 0 || millis > AGE_MILLIS_MAX) {
      throw Refusal.invalid("max_age: out of bounds (expected: 0 ms to 3650 days)");
    }
    Duration asked = Duration.ofMillis(millis);
    return asked.compareTo(selection.maxAge()) < 0 ? asked : selection.maxAge();
  }

  private static Duration maxWait(long millis) {
    if (millis == Question.UNSAID) {
      return WAIT;
    }
    if (millis < 0 || millis > Patience.WAIT_MAX.toMillis()) {
      throw Refusal.invalid(
          "max_wait: out of bounds (expected: 0 to " + Patience.WAIT_MAX.toMillis() + " ms)");
    }
    return Duration.ofMillis(millis);
  }

  /** Views are resolved once for each set of definitions. */
  private Selections current() {
    var newest = definitions.current();
    Selections known = selections;
    if (!known.isFor(newest)) {
      known = new Selections(newest);
      selections = known;
    }
    return known;
  }

  /** Lookups that wait for the store. */
  public int underWay() {
    return limit.underWay();
  }

  /** How many lookups may wait for the store just now. */
  public int limit() {
    return limit.limit();
  }

  private CompletableFuture<Outcome> read(
      Who who, Checked checked, String ifNoneMatch, TokenState state, Duration timeout) {
    Object key;
    try {
      key = key(who, checked);
    } catch (Refusal e) {
      return CompletableFuture.completedFuture(e.outcome());
    }
    ProfileReader.Reading near = nearby(key, checked);
    if (near != null) {
      return CompletableFuture.completedFuture(applied(who, checked, ifNoneMatch, state, near));
    }
    if (!limit.enter(1)) {
      return CompletableFuture.completedFuture(OVERLOADED);
    }
    var round = new Round<Outcome>(1);
    round.expireIn(timeout, () -> round.end(UNAVAILABLE, Told.FAILED));
    ask(
        key,
        checked,
        timeout,
        (reading, error) -> {
          Outcome outcome =
              reading == null ? failed(error) : applied(who, checked, ifNoneMatch, state, reading);
          round.end(outcome, told(outcome));
        });
    return round.ended;
  }

  /** Those that are not nearby are asked for together, and let in or refused together. */
  private CompletableFuture<List<Outcome>> read(
      List<Who> whom, Checked checked, TokenState state, Duration timeout) {
    @Nullable Outcome[] outcomes = new @Nullable Outcome[whom.size()];
    @Nullable Object[] missing = new @Nullable Object[whom.size()];
    int missed = 0;
    for (int i = 0; i < outcomes.length; i++) {
      Who who = whom.get(i);
      try {
        Object key = key(who, checked);
        ProfileReader.Reading near = nearby(key, checked);
        if (near == null) {
          missing[i] = key;
          missed++;
        } else {
          outcomes[i] = applied(who, checked, "", state, near);
        }
      } catch (Refusal e) {
        outcomes[i] = e.outcome();
      }
    }
    if (missed == 0) {
      return CompletableFuture.completedFuture(settled(outcomes, UNAVAILABLE));
    }
    if (!limit.enter(missed)) {
      return CompletableFuture.completedFuture(settled(outcomes, OVERLOADED));
    }
    var round = new Round<List<Outcome>>(missed);
    round.expireIn(timeout, () -> round.end(settled(outcomes, UNAVAILABLE), Told.FAILED));
    var open = new AtomicInteger(missed);
    BatchListener listener =
        (at, reading, error) -> {
          Outcome outcome =
              reading == null ? failed(error) : applied(whom.get(at), checked, "", state, reading);
          outcomes[at] = outcome;
          round.hear(told(outcome));
          if (open.decrementAndGet() == 0) {
            round.end(settled(outcomes, UNAVAILABLE), round.told);
          }
        };
    askAll(
        missing,
        Identifier.class,
        identifiers -> reader.findAll(identifiers, checked.maxAge(), timeout),
        listener);
    askAll(
        missing,
        String.class,
        profileIds -> reader.findAllById(profileIds, checked.maxAge(), timeout),
        listener);
    return round.ended;
  }

  private static List<Outcome> settled(@Nullable Outcome[] outcomes, Outcome otherwise) {
    List<Outcome> settled = new ArrayList<>(outcomes.length);
    for (Outcome outcome : outcomes) {
      settled.add(outcome == null ? otherwise : outcome);
    }
    return settled;
  }

  /** Lookups that were let in together. Ends once, whoever is first. */
  private final class Round<T> {
    final CompletableFuture<T> ended = new CompletableFuture<>();
    private final AtomicBoolean over = new AtomicBoolean();
    private final long began = System.nanoTime();
    private final int places;
    private Overdue.@Nullable Entry entry;
    private volatile Told told = Told.ANSWERED;

    Round(int places) {
      this.places = places;
    }

    /** The store keeps to the timeout, too; this is for one that has lost its way. */
    void expireIn(Duration timeout, Runnable expiry) {
      entry = overdue.in(timeout, expiry);
    }

    /** One of them; a refusal outweighs all the others. */
    void hear(Told one) {
      if (one == Told.REFUSED || (one == Told.FAILED && told == Told.ANSWERED)) {
        told = one;
      }
    }

    void end(T result, Told last) {
      if (!over.compareAndSet(false, true)) {
        return;
      }
      if (entry != null) {
        entry.ended();
      }
      limit.leave(places, began, last);
      ended.complete(result);
    }
  }

  /** Hears the store's word: an answer, or what went wrong. */
  private interface Listener {
    void hear(ProfileReader.@Nullable Reading reading, @Nullable Throwable error);
  }

  private void ask(Object key, Checked checked, Duration timeout, Listener listener) {
    CompletionStage<ProfileReader.Reading> answer;
    try {
      answer =
          key instanceof Identifier identifier
              ? reader.find(identifier, checked.maxAge(), timeout)
              : reader.findById((String) key, checked.maxAge(), timeout);
    } catch (RuntimeException e) {
      listener.hear(null, e);
      return;
    }
    var _ = answer.whenComplete(listener::hear);
  }

  /** As {@link Listener}, of one of a batch. */
  private interface BatchListener {
    void hear(int at, ProfileReader.@Nullable Reading reading, @Nullable Throwable error);
  }

  /** Those whose keys are of one kind, together; the listener hears of each at its own place. */
  private static <K> void askAll(
      @Nullable Object[] missing,
      Class<K> kind,
      Function<List<K>, List<CompletionStage<ProfileReader.Reading>>> question,
      BatchListener listener) {
    List<K> keys = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < missing.length; i++) {
      Object key = missing[i];
      if (kind.isInstance(key)) {
        keys.add(kind.cast(key));
        places.add(i);
      }
    }
    if (keys.isEmpty()) {
      return;
    }
    List<CompletionStage<ProfileReader.Reading>> answers;
    try {
      answers = question.apply(keys);
    } catch (RuntimeException e) {
      places.forEach(at -> listener.hear(at, null, e));
      return;
    }
    for (int i = 0; i < answers.size(); i++) {
      int at = places.get(i);
      var _ = answers.get(i).whenComplete((reading, error) -> listener.hear(at, reading, error));
    }
  }

  private ProfileReader.@Nullable Reading nearby(Object key, Checked checked) {
    return key instanceof Identifier identifier
        ? reader.nearby(identifier, checked.maxAge())
        : reader.nearbyById((String) key, checked.maxAge());
  }

  private static Object key(Who who, Checked checked) {
    return key(who, checked.under().definitions().catalog());
  }

  /**
   * An {@link Identifier} or, as a string, a profile id.
   *
   * @throws Refusal when it breaks a rule
   */
  static Object key(Who who, Catalog catalog) {
    return switch (who) {
      case Who.Bad bad -> throw new Refusal(bad.why());
      case Who.ByIdentifier by -> identifier(by, catalog);
      case Who.ById by -> {
        if (!PROFILE_ID.matcher(by.profileId()).matches()) {
          throw new Refusal(
              Reason.INVALID_IDENTIFIER, "profile_id: not 32 lower-case hexadecimal characters");
        }
        yield by.profileId();
      }
    };
  }

  private static Identifier identifier(Who.ByIdentifier by, Catalog catalog) {
    if (by.namespace().equals(Who.GROUP) && !catalog.namespaces().containsKey(Who.GROUP)) {
      throw new Refusal(
          Reason.INVALID_IDENTIFIER,
          "group_id: the catalog declares no namespace group_id, by which groups are known");
    }
    try {
      return catalog.identifier(by.namespace(), by.value());
    } catch (IllegalArgumentException e) {
      throw new Refusal(Reason.INVALID_IDENTIFIER, String.valueOf(e.getMessage()));
    }
  }

  // Whatever goes wrong here must still end the lookup.
  private Outcome applied(
      Who who,
      Checked checked,
      String ifNoneMatch,
      TokenState state,
      ProfileReader.Reading reading) {
    try {
      return of(who, checked, ifNoneMatch, state, reading);
    } catch (RuntimeException e) {
      LOG.error("an answer could not be made", e);
      return new Outcome.Failed(Reason.INTERNAL, Messages.CORRUPT);
    }
  }

  private static Told told(Outcome outcome) {
    if (!(outcome instanceof Outcome.Failed failed)) {
      return Told.ANSWERED;
    }
    return switch (failed.reason()) {
      case OVERLOADED -> Told.REFUSED;
      case UNAVAILABLE -> Told.FAILED;
      default -> Told.ANSWERED;
    };
  }

  private Outcome of(
      Who who,
      Checked checked,
      String ifNoneMatch,
      TokenState state,
      ProfileReader.Reading reading) {
    return switch (reading.result()) {
      case LookupResult.Absent _ -> Outcome.Failed.absent(reading.readAtMicros(), state);
      case LookupResult.Found found -> {
        try {
          yield new Outcome.Found(
              answer(who, checked, ifNoneMatch, state, found.served(), reading.readAtMicros()));
        } catch (InvalidProtocolBufferException e) {
          LOG.error("a stored profile of version {} does not parse", found.served().version(), e);
          yield new Outcome.Failed(Reason.INTERNAL, Messages.CORRUPT);
        }
      }
    };
  }

  private Answer answer(
      Who who,
      Checked checked,
      String ifNoneMatch,
      TokenState state,
      Served served,
      long readAtMicros)
      throws InvalidProtocolBufferException {
    ByteString stored = served.profileBytes();
    Selection selection = checked.selection();
    String id = WireProfile.profileId(stored);
    String canonicalId = who instanceof Who.ById by && !by.profileId().equals(id) ? id : "";
    long now = ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
    // The header says whether the bytes may be copied as they are.
    boolean copied = selection.whole() && served.earliestExpiryMicros() > now;
    WireProfile walked = copied ? null : WireProfile.walk(stored, selection, now);
    String etag =
        Etags.of(
            id,
            served.version(),
            checked.under().definitions().catalogVersion(),
            selection,
            walked == null ? 0 : walked.ended(),
            walked == null ? 0 : walked.stale());
    if (Etags.matches(ifNoneMatch, etag)) {
      return new Answer(
          ByteString.EMPTY, readAtMicros, etag, true, state, List.of(), selection, canonicalId);
    }
    return new Answer(
        walked == null ? stored : walked.kept(),
        readAtMicros,
        etag,
        false,
        state,
        walked == null ? List.of() : walked.statuses(),
        selection,
        canonicalId);
  }

  private Outcome failed(@Nullable Throwable error) {
    return failed(error, reader::isOverload);
  }

  /** How a failure of the store ends a question. */
  static Outcome failed(@Nullable Throwable error, Predicate<Throwable> isOverload) {
    Throwable cause =
        error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
    if (cause != null && isOverload.test(cause)) {
      return OVERLOADED;
    }
    if (cause instanceof StoreException known) {
      return switch (known.kind()) {
        case UNAVAILABLE -> UNAVAILABLE;
        case OVERLOADED -> OVERLOADED;
        case CORRUPT -> {
          LOG.error("the store answered something that makes no sense", known);
          yield new Outcome.Failed(Reason.INTERNAL, Messages.CORRUPT);
        }
      };
    }
    LOG.warn("the store failed", cause);
    return UNAVAILABLE;
  }

  @Override
  public void close() {
    waits.close();
    overdue.close();
  }
}
