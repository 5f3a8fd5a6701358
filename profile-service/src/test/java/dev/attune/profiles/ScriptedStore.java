package dev.attune.profiles;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.Served;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A store whose reads a test can replace by a fault. */
final class ScriptedStore implements ProfileStore {
  static final Duration WAIT = Duration.ofSeconds(5);

  private final ProfileStore store;
  private volatile @Nullable Supplier<CompletionStage<LookupResult>> fault;
  private volatile String heldValue = "";
  private volatile CompletionStage<LookupResult> held = new CompletableFuture<>();
  private volatile Duration delay = Duration.ZERO;

  /** How long each read of records was given, in their order. */
  final List<Duration> timeouts = new CopyOnWriteArrayList<>();

  /** How long each lookup was given, by whom it was about: the part's own are among them. */
  final Map<String, List<Duration>> lookupTimeouts = new ConcurrentHashMap<>();

  ScriptedStore(ProfileStore store) {
    this.store = store;
  }

  /** Stores a profile, known by all its identifiers. */
  void put(Profile profile) throws Exception {
    List<IdentityWrite> identities =
        profile.getIdentifiersList().stream()
            .map(Identifier::of)
            .map(
                identifier ->
                    new IdentityWrite(
                        identifier,
                        0,
                        IdentityRecord.newBuilder()
                            .setProfileId(profile.getProfileId())
                            .setVersion(1)
                            .build()))
            .toList();
    done(store.writeIdentities(identities, WAIT));
    ProfileRecord record =
        ProfileRecord.newBuilder()
            .setProfileId(profile.getProfileId())
            .setVersion(profile.getVersion())
            .setLive(LiveProfile.newBuilder().setServed(Served.of(profile).bytes()))
            .build();
    done(store.writeProfiles(List.of(new ProfileWrite(0, record)), WAIT));
  }

  /** Says that a profile was merged into another. */
  void merge(String profileId, String into) throws Exception {
    ProfileRecord record =
        ProfileRecord.newBuilder()
            .setProfileId(profileId)
            .setVersion(1)
            .setRedirectTo(into)
            .build();
    done(store.writeProfiles(List.of(new ProfileWrite(0, record)), WAIT));
  }

  /** Raises a mark, as the refresher does. */
  void mark(String name, long value) throws Exception {
    store
        .raiseMarks(Map.of(name, value), Duration.ofHours(1), WAIT)
        .toCompletableFuture()
        .get(WAIT.toMillis(), TimeUnit.MILLISECONDS);
  }

  private static void done(CompletionStage<List<Boolean>> writes) throws Exception {
    List<Boolean> written =
        writes.toCompletableFuture().get(WAIT.toMillis(), TimeUnit.MILLISECONDS);
    if (written.contains(false)) {
      throw new IllegalStateException("it is there already");
    }
  }

  /** Every read from now on does this instead; null: reads as usual. */
  void fault(@Nullable Supplier<CompletionStage<LookupResult>> fault) {
    this.fault = fault;
  }

  /** Every read from now on fails with this. */
  void failing(Throwable error) {
    fault(() -> CompletableFuture.failedFuture(error));
  }

  /** No read from now on is ever answered. */
  void silent() {
    fault(CompletableFuture::new);
  }

  /** No read of an identifier with this value is ever answered. */
  void silentAbout(String value) {
    hold(value, new CompletableFuture<>());
  }

  /** Reads of an identifier with this value are answered by the test. */
  void hold(String value, CompletionStage<LookupResult> answer) {
    held = answer;
    heldValue = value;
  }

  /** Every read of records takes that long, and ends earlier when it was given less. */
  void slow(Duration delay) {
    this.delay = delay;
  }

  private <T> CompletionStage<T> delayed(Duration timeout, Supplier<CompletionStage<T>> read) {
    timeouts.add(timeout);
    if (delay.isZero()) {
      return read.get();
    }
    boolean late = timeout.compareTo(delay) < 0;
    return CompletableFuture.runAsync(
            () -> {},
            CompletableFuture.delayedExecutor(
                (late ? timeout : delay).toNanos(), TimeUnit.NANOSECONDS))
        .thenCompose(
            _ ->
                late
                    ? CompletableFuture.failedFuture(
                        new StoreException(StoreException.Kind.UNAVAILABLE, "late"))
                    : read.get());
  }

  private CompletionStage<LookupResult> read(
      String about, Duration timeout, Supplier<CompletionStage<LookupResult>> usual) {
    lookupTimeouts.computeIfAbsent(about, _ -> new CopyOnWriteArrayList<>()).add(timeout);
    Supplier<CompletionStage<LookupResult>> instead = fault;
    return (instead == null ? usual : instead).get();
  }

  @Override
  public CompletionStage<LookupResult> find(Identifier identifier, Duration timeout) {
    return identifier.value().equals(heldValue)
        ? held
        : read(identifier.value(), timeout, () -> store.find(identifier, timeout));
  }

  @Override
  public CompletionStage<LookupResult> findById(String profileId, Duration timeout) {
    return read(profileId, timeout, () -> store.findById(profileId, timeout));
  }

  @Override
  public List<CompletionStage<LookupResult>> findAll(
      List<Identifier> identifiers, Duration timeout) {
    return fault == null && heldValue.isEmpty()
        ? store.findAll(identifiers, timeout)
        : ProfileStore.super.findAll(identifiers, timeout);
  }

  @Override
  public List<CompletionStage<LookupResult>> findAllById(
      List<String> profileIds, Duration timeout) {
    return fault == null
        ? store.findAllById(profileIds, timeout)
        : ProfileStore.super.findAllById(profileIds, timeout);
  }

  @Override
  public CompletionStage<List<Optional<IdentityRecord>>> readIdentities(
      List<Identifier> identifiers, Duration timeout) {
    Supplier<CompletionStage<LookupResult>> instead = fault;
    return instead == null
        ? delayed(timeout, () -> store.readIdentities(identifiers, timeout))
        : instead.get().thenApply(_ -> List.of());
  }

  @Override
  public CompletionStage<List<Optional<ProfileRecord>>> readProfiles(
      List<String> profileIds, Duration timeout) {
    return delayed(timeout, () -> store.readProfiles(profileIds, timeout));
  }

  @Override
  public CompletionStage<List<Long>> readVersions(List<String> profileIds, Duration timeout) {
    return store.readVersions(profileIds, timeout);
  }

  @Override
  public CompletionStage<List<Boolean>> writeIdentities(
      List<IdentityWrite> writes, Duration timeout) {
    return store.writeIdentities(writes, timeout);
  }

  @Override
  public CompletionStage<List<Boolean>> writeProfiles(List<ProfileWrite> writes, Duration timeout) {
    return store.writeProfiles(writes, timeout);
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
    return store.scanProfileIds(cursor, timeout);
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
