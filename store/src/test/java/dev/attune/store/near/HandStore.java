package dev.attune.store.near;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileRecord;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A store whose reads are answered by the test: when, and with what. */
final class HandStore implements ProfileStore {
  /** A read that waits for the test. */
  record Question(Object key, Duration timeout, CompletableFuture<LookupResult> reply) {
    void answer(LookupResult result) {
      reply.complete(result);
    }

    void fail(StoreException.Kind kind) {
      reply.completeExceptionally(new StoreException(kind, "as the test says"));
    }
  }

  final Deque<Question> open = new ArrayDeque<>();
  final List<List<?>> together = new ArrayList<>();
  int asked;
  @Nullable RuntimeException refusal;
  private @Nullable Function<Object, LookupResult> atOnce;

  /** From now on every read is answered before it returns. */
  void atOnce(Function<Object, LookupResult> answers) {
    atOnce = answers;
  }

  /** From now on every read waits. */
  void byHand() {
    atOnce = null;
  }

  /** The read that has waited longest. */
  Question next() {
    return open.remove();
  }

  private CompletionStage<LookupResult> ask(Object key, Duration timeout) {
    asked++;
    if (atOnce != null) {
      try {
        return CompletableFuture.completedFuture(atOnce.apply(key));
      } catch (StoreException e) {
        return CompletableFuture.failedFuture(e);
      }
    }
    Question question = new Question(key, timeout, new CompletableFuture<>());
    open.add(question);
    return question.reply();
  }

  @Override
  public CompletionStage<LookupResult> find(Identifier identifier, Duration timeout) {
    return ask(identifier, timeout);
  }

  @Override
  public CompletionStage<LookupResult> findById(String profileId, Duration timeout) {
    return ask(profileId, timeout);
  }

  @Override
  public List<CompletionStage<LookupResult>> findAll(
      List<Identifier> identifiers, Duration timeout) {
    return askAll(identifiers, timeout);
  }

  @Override
  public List<CompletionStage<LookupResult>> findAllById(
      List<String> profileIds, Duration timeout) {
    return askAll(profileIds, timeout);
  }

  private List<CompletionStage<LookupResult>> askAll(List<?> keys, Duration timeout) {
    together.add(List.copyOf(keys));
    if (refusal != null) {
      throw refusal;
    }
    return keys.stream().map(key -> ask(key, timeout)).toList();
  }

  @Override
  public boolean isOverload(Throwable error) {
    return error instanceof StoreException e && e.kind() == StoreException.Kind.OVERLOADED;
  }

  @Override
  public CompletionStage<List<Optional<IdentityRecord>>> readIdentities(
      List<Identifier> identifiers, Duration timeout) {
    throw new UnsupportedOperationException("lookups do not");
  }

  @Override
  public CompletionStage<List<Optional<ProfileRecord>>> readProfiles(
      List<String> profileIds, Duration timeout) {
    throw new UnsupportedOperationException("lookups do not");
  }

  @Override
  public CompletionStage<List<Long>> readVersions(List<String> profileIds, Duration timeout) {
    throw new UnsupportedOperationException("lookups do not");
  }

  @Override
  public CompletionStage<List<Boolean>> writeIdentities(
      List<IdentityWrite> writes, Duration timeout) {
    throw new UnsupportedOperationException("lookups do not");
  }

  @Override
  public CompletionStage<List<Boolean>> writeProfiles(List<ProfileWrite> writes, Duration timeout) {
    throw new UnsupportedOperationException("lookups do not");
  }

  @Override
  public CompletionStage<Void> raiseMarks(
      Map<String, Long> marks, Duration keep, Duration timeout) {
    throw new UnsupportedOperationException("lookups do not");
  }

  @Override
  public CompletionStage<List<Long>> readMarks(List<String> names, Duration timeout) {
    throw new UnsupportedOperationException("lookups do not");
  }

  @Override
  public CompletionStage<ProfileIdPage> scanProfileIds(String cursor, Duration timeout) {
    throw new UnsupportedOperationException("lookups do not");
  }

  @Override
  public void close() {}
}
