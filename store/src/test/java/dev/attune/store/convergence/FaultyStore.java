package dev.attune.store.convergence;

import dev.attune.core.profile.ChangeSink;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.ProfileRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Supplier;

/** Fails at random: before a call, after it, or with only a part of a batch read or written. */
final class FaultyStore implements ProfileStore {
  private final ProfileStore store;
  private final BooleanSupplier fault;
  private int batches;

  FaultyStore(ProfileStore store, BooleanSupplier fault) {
    this.store = store;
    this.fault = fault;
  }

  /** A log that fails, too: before it takes a change. */
  static ChangeSink log(List<ProfileChange> log, BooleanSupplier fault) {
    return change -> {
      if (fault.getAsBoolean()) {
        return failed();
      }
      log.add(change);
      return CompletableFuture.completedFuture(null);
    };
  }

  private static <T> CompletionStage<T> failed() {
    return CompletableFuture.failedFuture(
        new StoreException(StoreException.Kind.UNAVAILABLE, "injected"));
  }

  private <T> CompletionStage<T> read(Supplier<CompletionStage<T>> call) {
    return fault.getAsBoolean() ? failed() : call.get();
  }

  // In two parts: a store promises that of each record alone.
  private <T, R> CompletionStage<List<R>> batch(
      List<T> items, Function<List<T>, CompletionStage<List<R>>> call) {
    if (fault.getAsBoolean()) {
      return failed();
    }
    if (items.size() < 2) {
      return call.apply(items);
    }
    int split = 1 + Math.floorMod(batches++, items.size() - 1);
    List<R> results =
        new ArrayList<>(call.apply(items.subList(0, split)).toCompletableFuture().join());
    if (fault.getAsBoolean()) {
      return failed();
    }
    results.addAll(call.apply(items.subList(split, items.size())).toCompletableFuture().join());
    return CompletableFuture.completedFuture(results);
  }

  private <T> CompletionStage<List<Boolean>> write(
      List<T> writes, Function<List<T>, CompletionStage<List<Boolean>>> call) {
    CompletionStage<List<Boolean>> done = batch(writes, call);
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
    return batch(identifiers, part -> store.readIdentities(part, timeout));
  }

  @Override
  public CompletionStage<List<Optional<ProfileRecord>>> readProfiles(
      List<String> profileIds, Duration timeout) {
    return batch(profileIds, part -> store.readProfiles(part, timeout));
  }

  @Override
  public CompletionStage<List<Long>> readVersions(List<String> profileIds, Duration timeout) {
    return batch(profileIds, part -> store.readVersions(part, timeout));
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
  public boolean createsPeople() {
    return store.createsPeople();
  }

  @Override
  public CompletionStage<List<Boolean>> createPeople(List<NewPerson> people, Duration timeout) {
    return write(people, chunk -> store.createPeople(chunk, timeout));
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
