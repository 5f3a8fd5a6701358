package dev.attune.store.convergence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.identity.Links;
import dev.attune.core.profile.FactSet;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileIds;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.ProfileRestore;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.ProfileIdPage;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.IdentityChange;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Value;
import dev.attune.store.memory.MemoryProfileStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Races of a restore with an event, each at the two calls between which it was lost. */
class RestoreRacesTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Identifier USER = new Identifier("user_id", "u");
  private static final Identifier OTHER = new Identifier("user_id", "o");
  private static final Identifier EMAIL = new Identifier("email", "e");
  private static final Identifier COOKIE = new Identifier("anonymous_id", "a");

  /** What a store told that then lost all, or some. */
  private final List<ProfileChange> log = new ArrayList<>();

  private final MemoryProfileStore before = new MemoryProfileStore();
  private final MemoryProfileStore store = new MemoryProfileStore();
  private final ProfileRestore restore =
      new ProfileRestore(store, writer(store, new ArrayList<>()), () -> Catalog.DEFAULT, TIMEOUT);

  @Test
  void event_aboutToWriteAProfileThatIsNoLongerTheIdentifiersOwn_looksAgain() {
    was(linked(USER, COOKIE, 1));

    interrupted("writeProfiles", 1, this::restoreAll).apply(List.of(said(COOKIE, "plan")));

    assertThat(personOf(COOKIE).getTraitsList()).extracting(t -> t.getName()).contains("plan");
    assertOne(USER, COOKIE);
  }

  @Test
  void event_aboutToWriteOverARedirect_looksAgain() {
    was(said(COOKIE, "age"));
    IdentityRecord old = identity(before, COOKIE);
    was(linked(USER, COOKIE, 1));
    // Two shards: the one of the cookie's identity lost more.
    keepProfiles();
    keep(COOKIE, old);
    keep(USER, identity(before, USER));

    interrupted("writeProfiles", 1, this::restoreAll).apply(List.of(said(COOKIE, "plan")));

    assertThat(personOf(COOKIE).getTraitsList())
        .extracting(t -> t.getName())
        .contains("age", "plan");
    assertOne(USER, COOKIE);
  }

  @Test
  void identifier_assignedBetweenReadAndWrite_bringsWhatTheLogKnows() {
    was(said(COOKIE, "plan"));
    ProfileStore slow =
        interrupting(store, "writeIdentities", 1, () -> write(store, linked(USER, COOKIE, 1)));
    var late =
        new ProfileRestore(slow, writer(slow, new ArrayList<>()), () -> Catalog.DEFAULT, TIMEOUT);
    late.profiles(profiles());
    late.mark();
    late.finishProfiles();

    assertThat(personOf(USER).getTraitsList()).extracting(t -> t.getName()).contains("plan");
    assertOne(USER, COOKIE);
  }

  @Test
  void link_ofWhichAnEventMetOneEnd_joinsWhenTheOtherIsBack() {
    was(linked(USER, EMAIL, 1));
    restore.identities(told(EMAIL));
    write(store, linked(EMAIL, COOKIE, 2));

    restoreAll();

    assertOne(USER, EMAIL, COOKIE);
  }

  @Test
  void link_toldAgain_isDoubtedStill() {
    was(linked(USER, EMAIL, 1));
    restore.identities(told(EMAIL));
    write(store, linked(EMAIL, COOKIE, 2));
    restore.identities(told(USER));
    IdentityChange again = told(USER).getFirst();
    restore.identities(
        List.of(
            again.toBuilder()
                .setRecord(
                    again.getRecord().toBuilder().setVersion(again.getRecord().getVersion() + 2))
                .build()));
    finish();

    assertOne(USER, EMAIL, COOKIE);
  }

  @Test
  void link_backWhileAnEventMovesItsOtherEnd_joinsAll() {
    was(linked(USER, COOKIE, 1));
    restore.identities(told(COOKIE));
    write(store, said(USER, "plan"));

    // The first write has the links, the second one the move.
    interrupted("writeIdentities", 2, () -> restore.identities(told(USER)))
        .apply(List.of(linked(EMAIL, COOKIE, 2)));
    finish();

    assertOne(USER, EMAIL, COOKIE);
  }

  @Test
  void profile_backWhileAnEventTakesItsIdentifierAway_lacksIt() {
    was(said(USER, "plan"));
    List<ProfileRecord> first = profiles();
    was(linked(USER, COOKIE, 5));
    restore.identities(told(USER));
    restore.identities(told(COOKIE));
    restore.mark();
    restore.finishIdentities();
    restore.profiles(first);

    // Seen with somebody else earlier: a cookie has one user.
    interrupted("writeIdentities", 2, () -> restore.profiles(profiles()))
        .apply(List.of(linked(OTHER, COOKIE, 1)));
    restore.mark();
    restore.finishProfiles();

    assertOne(OTHER, COOKIE);
    assertOne(USER);
  }

  @Test
  void profile_whosePlaceIsKept_isNobodyUntilItIsBack() {
    was(linked(USER, COOKIE, 1));
    write(store, said(USER, "plan"));
    // As by an event that is about to write the profile.
    String place = ProfileIds.of(COOKIE);
    keep(COOKIE, IdentityRecord.newBuilder().setProfileId(place).setVersion(1).build());
    restore.identities(told(COOKIE));
    restore.mark();

    assertThat(store.findById(place, TIMEOUT).toCompletableFuture().join())
        .isEqualTo(new LookupResult.Absent());
    restoreAll();
    assertOne(USER, COOKIE);
  }

  @Test
  void writer_thatDiesAfterAMoveThatIsNoLongerRight_leavesAllRight() {
    cookieOfTwo();
    ProfileStore dying = interrupting(store, "writeProfiles", 2, RestoreRacesTest::die);
    // The first write has the mark, the second one the move.
    ProfileStore slow =
        interrupting(
            dying,
            "writeIdentities",
            2,
            () -> {
              restore.identities(told(USER));
              write(store, said(EMAIL, "age"));
            });

    repeat(slow, said(EMAIL, "plan"));
    finish();

    assertOne(USER, COOKIE);
    assertOne(OTHER, EMAIL);
  }

  // A cookie seen with an e-mail address that is somebody else's, as the log has it; of its own
  // user only an event is there, so that nothing speaks against the address for now.
  private void cookieOfTwo() {
    was(linked(OTHER, EMAIL, 1));
    was(linked(USER, COOKIE, 2));
    was(linked(EMAIL, COOKIE, 3));
    List.of(OTHER, EMAIL, COOKIE).forEach(identifier -> restore.identities(told(identifier)));
    write(store, said(USER, "age"));
  }

  private static void die() {
    throw new StoreException(StoreException.Kind.UNAVAILABLE, "died");
  }

  private static void repeat(ProfileStore store, ProfileInput input) {
    try {
      write(store, input);
    } catch (StoreException e) {
      write(store, input);
    }
  }

  private void restoreAll() {
    restore.identities(
        log.stream().filter(ProfileChange::hasIdentity).map(ProfileChange::getIdentity).toList());
    finish();
  }

  private void finish() {
    restore.mark();
    restore.finishIdentities();
    restore.profiles(profiles());
    restore.mark();
    restore.finishProfiles();
  }

  private List<ProfileRecord> profiles() {
    return log.stream()
        .filter(ProfileChange::hasChanged)
        .map(change -> change.getChanged().getRecord())
        .toList();
  }

  /** The newest word of the log about an identifier. */
  private List<IdentityChange> told(Identifier identifier) {
    List<IdentityChange> all =
        log.stream()
            .filter(ProfileChange::hasIdentity)
            .map(ProfileChange::getIdentity)
            .filter(change -> Identifier.of(change.getIdentifier()).equals(identifier))
            .toList();
    return List.of(all.getLast());
  }

  private void was(ProfileInput input) {
    writer(before, log).apply(List.of(input));
  }

  private static void write(ProfileStore store, ProfileInput input) {
    writer(store, new ArrayList<>()).apply(List.of(input));
  }

  private void keepProfiles() {
    List<String> ids =
        before
            .scanProfileIds(ProfileIdPage.FIRST, TIMEOUT)
            .toCompletableFuture()
            .join()
            .profileIds();
    List<ProfileWrite> writes =
        before.readProfiles(ids, TIMEOUT).toCompletableFuture().join().stream()
            .map(record -> new ProfileWrite(0, record.orElseThrow()))
            .toList();
    store.writeProfiles(writes, TIMEOUT).toCompletableFuture().join();
  }

  private void keep(Identifier identifier, IdentityRecord record) {
    store
        .writeIdentities(List.of(new IdentityWrite(identifier, 0, record)), TIMEOUT)
        .toCompletableFuture()
        .join();
  }

  private static IdentityRecord identity(ProfileStore store, Identifier identifier) {
    return store
        .readIdentities(List.of(identifier), TIMEOUT)
        .toCompletableFuture()
        .join()
        .getFirst()
        .orElseThrow();
  }

  private static ProfileWriter writer(ProfileStore store, List<ProfileChange> log) {
    return new ProfileWriter(
        store,
        change -> {
          log.add(change);
          return CompletableFuture.completedFuture(null);
        },
        () -> Catalog.DEFAULT,
        InstantSource.system(),
        TIMEOUT);
  }

  private ProfileWriter interrupted(String method, int call, Runnable before) {
    return writer(interrupting(store, method, call, before), new ArrayList<>());
  }

  /** A store in which something happens just before one call of a method. */
  private static ProfileStore interrupting(
      ProfileStore store, String name, int call, Runnable before) {
    int[] left = {call};
    return (ProfileStore)
        Proxy.newProxyInstance(
            ProfileStore.class.getClassLoader(),
            new Class<?>[] {ProfileStore.class},
            (_, method, arguments) -> {
              if (method.getName().equals(name) && --left[0] == 0) {
                before.run();
              }
              try {
                return method.invoke(store, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static ProfileInput linked(Identifier one, Identifier other, long at) {
    return new ProfileInput(
        one, List.of(), List.of(Links.link(one, other, at, "l" + at)), Cause.getDefaultInstance());
  }

  private static ProfileInput said(Identifier via, String trait) {
    Value value = Value.newBuilder().setInteger(1).build();
    return new ProfileInput(
        via,
        List.of(FactSet.fact(trait, "events", via, 3, Optional.of(value), "s")),
        List.of(),
        Cause.getDefaultInstance());
  }

  private Profile personOf(Identifier identifier) {
    LookupResult result = store.find(identifier, TIMEOUT).toCompletableFuture().join();
    assertThat(result).as("%s", identifier.namespace()).isInstanceOf(LookupResult.Found.class);
    return ((LookupResult.Found) result).served().profile();
  }

  /** These are one person, and nobody else is. */
  private void assertOne(Identifier... identifiers) {
    for (Identifier identifier : identifiers) {
      assertThat(personOf(identifier).getIdentifiersList())
          .as("%s", identifier.namespace())
          .extracting(Identifier::of)
          .containsExactlyInAnyOrder(identifiers);
    }
  }
}
