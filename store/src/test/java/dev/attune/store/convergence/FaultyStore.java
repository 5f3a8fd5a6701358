package dev.attune.store.convergence;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Fails at random: before a write, after it, or with only the first half of a batch written. */
final class FaultyStore implements ProfileStore {
  private final ProfileStore store;
  private final BooleanSupplier fault;

  FaultyStore(ProfileStore store, BooleanSupplier fault) {
    this.store = store;
    this.fault = fault;
  }

  private static <T> CompletionStage<T> failed() {
    return CompletableFuture.failedFuture(
        new StoreException(StoreException.Kind.UNAVAILABLE, "injected"));
  }

  private <T> CompletionStage<T> read(Supplier<CompletionStage<T>> call) {
    return fault.getAsBoolean() ? failed() : call.get();
  }

  private <T> CompletionStage<List<Boolean>> write(
      List<T> writes, java.util.function.Function<List<T>, CompletionStage<List<Boolean>>> call) {
    if (fault.getAsBoolean()) {
      CompletionStage<List<Boolean>> half = call.apply(writes.subList(0, writes.size() / 2));
      return half.thenCompose(_ -> failed());
    }
    CompletionStage<List<Boolean>> done = call.apply(writes);
    return fault.getAsBoolean() ? done.thenCompose(_ -> failed()) : done;
  }

  @Override
  public CompletionStage<LookupResult> find(Identifier identifier, Duration timeout) {
    return read(() -> store.find(identifier, timeout));
  }

  @Override
  public CompletionStage<LookupResult> findById(String profileId, Duration timeout) {
    return read(() -> store.findById(profileId, timeout));
  }

  @Override
  public CompletionStage<List<Optional<IdentityRecord>>> readIdentities(
      List<Identifier> identifiers, Duration timeout) {
    return read(() -> store.readIdentities(identifiers, timeout));
  }

  @Override
  public CompletionStage<List<Optional<ProfileRecord>>> readProfiles(
      List<String> profileIds, Duration timeout) {
    return read(() -> store.readProfiles(profileIds, timeout));
  }

  @Override
  public CompletionStage<List<Long>> readVersions(List<String> profileIds, Duration timeout) {
    return read(() -> store.readVersions(profileIds, timeout));
  }

  @Override
  public CompletionStage<List<Boolean>> writeIdentities(
      List<IdentityWrite> writes, Duration timeout) {
    return write(writes, chunk -> store.writeIdentities(chunk, timeout));
  }

  @Override
  public CompletionStage<List<Boolean>> writeProfiles(List<ProfileWrite> writes, Duration timeout) {
    return write(writes, chunk -> store.writeProfiles(chunk, timeout));
  }

  @Override
  public CompletionStage<Void> raiseMarks(
      Map<String, Long> marks, Duration keep, Duration timeout) {
    return store.raiseMarks(marks, keep, timeout);
  }

  @Override
  public CompletionStage<List<Long>> readMarks(List<String> names, Duration timeout) {
    return store.readMarks(names, timeout);
  }

  @Override
  public CompletionStage<ProfileIdPage> scanProfileIds(String cursor, Duration timeout) {
    return read(() -> store.scanProfileIds(cursor, timeout));
  }

  @Override
  public boolean isOverload(Throwable error) {
    return store.isOverload(error);
  }

  @Override
  public void close() {
    store.close();
  }
}
