package dev.attune.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.ByteString;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.NewPerson;
import dev.attune.core.profile.ProfileStore.ProfileIdPage;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.core.profile.Served;
import dev.attune.core.profile.StoreException;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every store does, whatever it is made of. */
@Timeout(60)
public abstract class ProfileStoreContract {
  private static final Duration TIMEOUT = Duration.ofSeconds(10);
  private static final LookupResult ABSENT = new LookupResult.Absent();
  private static final Identifier PERSON = new Identifier("user_id", "42");

  private final List<ProfileStore> opened = new ArrayList<>();
  private ProfileStore store;

  /**
   * A store of a workspace.
   *
   * @param prefix of everything that it keeps; another prefix is another workspace
   */
  protected abstract ProfileStore open(String prefix);

  /** Of a call with thousands of records, where each of them may be a request of its own. */
  protected Duration batchTimeout() {
    return TIMEOUT;
  }

  @BeforeEach
  void openStore() {
    store = another();
  }

  @AfterEach
  void closeStores() {
    opened.forEach(ProfileStore::close);
  }

  private ProfileStore another() {
    ProfileStore another = open("contract-" + UUID.randomUUID());
    opened.add(another);
    return another;
  }

  // --- compare and set

  @Test
  void writeProfile_new_isRead() {
    ProfileRecord record = live("p", 7, "shoes");
    assertThat(write(0, record)).isTrue();
    assertThat(read("p")).contains(record);
  }

  @Test
  void writeProfile_withTheStoredVersion_replaces() {
    write(0, live("p", 7, "shoes"));
    ProfileRecord newer = live("p", 8, "hats");
    assertThat(write(7, newer)).isTrue();
    assertThat(read("p")).contains(newer);
  }

  @Test
  void writeProfile_expectingNone_leavesAnExistingOne() {
    ProfileRecord first = live("p", 7, "shoes");
    write(0, first);
    assertThat(write(0, live("p", 8, "hats"))).isFalse();
    assertThat(read("p")).contains(first);
  }

  @Test
  void writeProfile_withAStaleVersion_changesNothing() {
    write(0, live("p", 7, "shoes"));
    ProfileRecord second = live("p", 8, "hats");
    write(7, second);
    assertThat(write(7, live("p", 9, "late"))).isFalse();
    assertThat(read("p")).contains(second);
  }

  @Test
  void writeProfile_expectingOneThatIsNotThere_writesNothing() {
    assertThat(write(7, live("p", 8, "hats"))).isFalse();
    assertThat(read("p")).isEmpty();
  }

  @Test
  void writeProfile_versionsThatDoublesCannotTellApart_areToldApart() {
    // Lua and JSON know numbers up to 2^53 only; microseconds are near, versions may be beyond.
    long huge = Long.MAX_VALUE - 10;
    write(0, live("p", huge, "shoes"));
    assertThat(write(huge - 1, live("p", huge + 2, "hats"))).isFalse();
    assertThat(write(huge, live("p", huge + 1, "hats"))).isTrue();
    assertThat(read("p").orElseThrow().getVersion()).isEqualTo(huge + 1);
  }

  @Test
  void writeProfile_twiceInOneBatch_firstWins() {
    ProfileRecord first = live("p", 7, "shoes");
    assertThat(
            await(
                store.writeProfiles(
                    List.of(new ProfileWrite(0, first), new ProfileWrite(0, live("p", 8, "hats"))),
                    TIMEOUT)))
        .containsExactly(true, false);
    assertThat(read("p")).contains(first);
  }

  @Test
  void writeProfile_twiceInOneBatchOnTopOfEachOther_areBothDone() {
    ProfileRecord second = live("p", 8, "hats");
    assertThat(
            await(
                store.writeProfiles(
                    List.of(
                        new ProfileWrite(0, live("p", 7, "shoes")), new ProfileWrite(7, second)),
                    TIMEOUT)))
        .containsExactly(true, true);
    assertThat(read("p")).contains(second);
  }

  @Test
  void writeProfile_withoutContent_isRefused() {
    var empty = ProfileRecord.newBuilder().setProfileId("p").setVersion(1).build();
    assertThatThrownBy(() -> write(0, empty)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void writeIdentity_new_isRead() {
    IdentityRecord record = identity("p", 3);
    assertThat(write(PERSON, 0, record)).isTrue();
    assertThat(read(PERSON)).contains(record);
  }

  @Test
  void writeIdentity_withAStaleVersion_changesNothing() {
    write(PERSON, 0, identity("p", 3));
    IdentityRecord second = identity("q", 4);
    assertThat(write(PERSON, 3, second)).isTrue();
    assertThat(write(PERSON, 3, identity("r", 5))).isFalse();
    assertThat(write(PERSON, 0, identity("r", 5))).isFalse();
    assertThat(read(PERSON)).contains(second);
  }

  @Test
  void writeProfiles_byManyAtOnce_loseNoUpdate() throws Exception {
    int threads = 8;
    int incrementsEach = 50;
    write(0, counter(1, 0));
    try (var executor = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        running.add(executor.submit(() -> increment(incrementsEach)));
      }
      for (Future<?> future : running) {
        future.get(50, TimeUnit.SECONDS);
      }
    }
    assertThat(count(read("counter").orElseThrow())).isEqualTo(threads * incrementsEach);
  }

  private void increment(int times) {
    for (int i = 0; i < times; ) {
      ProfileRecord stored = read("counter").orElseThrow();
      long version = stored.getVersion();
      if (write(version, counter(version + 1, count(stored) + 1))) {
        i++;
      }
    }
  }

  private static ProfileRecord counter(long version, int count) {
    return live("counter", version, String.valueOf(count));
  }

  private static int count(ProfileRecord record) {
    return Integer.parseInt(
        new Served(record.getLive().getServed()).profile().getTraits(0).getValue().getText());
  }

  // --- people who are not there yet

  @Test
  void createPeople_whereTheStoreDoesNot_isRefused() {
    assumeFalse(store.createsPeople());
    assertThatThrownBy(() -> create(newcomer(PERSON, "p", 7)))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void createPeople_whoAreNew_areReadAndFound() {
    assumeTrue(store.createsPeople());
    // More than one request takes.
    List<NewPerson> people =
        IntStream.range(0, 107).mapToObj(i -> newcomer(person(i), "p" + i, i + 1)).toList();
    assertThat(await(store.createPeople(people, TIMEOUT))).hasSize(107).containsOnly(true);
    for (NewPerson person : people) {
      assertThat(read(person.identifier())).contains(person.identity());
      assertThat(read(person.profile().getProfileId())).contains(person.profile());
      assertThat(find(person.identifier())).isEqualTo(found(person.profile()));
    }
  }

  @Test
  void createPeople_ofWhomARecordIsThere_changeNothing() {
    assumeTrue(store.createsPeople());
    write(person(1), 0, identity("elsewhere", 3));
    write(0, live("p2", 9, "hats"));
    write(0, redirect("p3", 9, "p2"));
    List<NewPerson> people =
        IntStream.range(0, 5).mapToObj(i -> newcomer(person(i), "p" + i, 7)).toList();
    assertThat(await(store.createPeople(people, TIMEOUT)))
        .containsExactly(true, false, false, false, true);
    assertThat(read(person(1))).contains(identity("elsewhere", 3));
    assertThat(read("p1")).isEmpty();
    assertThat(read(person(2))).isEmpty();
    assertThat(read("p2")).contains(live("p2", 9, "hats"));
    assertThat(read(person(3))).isEmpty();
    assertThat(read("p3")).contains(redirect("p3", 9, "p2"));
    assertThat(read("p4")).contains(people.get(4).profile());
  }

  @Test
  void createPeople_twiceInOneBatch_firstWins() {
    assumeTrue(store.createsPeople());
    NewPerson first = newcomer(PERSON, "p", 7);
    assertThat(await(store.createPeople(List.of(first, newcomer(PERSON, "p", 8)), TIMEOUT)))
        .containsExactly(true, false);
    assertThat(read("p")).contains(first.profile());
    assertThat(write(7, live("p", 8, "hats"))).isTrue();
    assertThat(write(PERSON, first.identity().getVersion(), identity("p", 99))).isTrue();
  }

  @Test
  void createPeople_byManyAtOnce_areCreatedByOne() throws Exception {
    assumeTrue(store.createsPeople());
    int threads = 8;
    try (var executor = Executors.newFixedThreadPool(threads)) {
      for (int round = 0; round < 20; round++) {
        Identifier someone = person(round);
        String id = "p" + round;
        List<Future<Boolean>> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
          NewPerson person = newcomer(someone, id, i + 1);
          // Half of them the ordinary way.
          boolean ordinary = i % 2 == 1;
          running.add(
              executor.submit(
                  () ->
                      ordinary
                          ? write(someone, 0, person.identity()) && write(0, person.profile())
                          : create(person)));
        }
        int created = 0;
        for (Future<Boolean> future : running) {
          created += future.get(50, TimeUnit.SECONDS) ? 1 : 0;
        }
        assertThat(created).isEqualTo(1);
        assertThat(read(id).orElseThrow().getVersion())
            .isEqualTo(read(someone).orElseThrow().getVersion());
      }
    }
  }

  private boolean create(NewPerson person) {
    return await(store.createPeople(List.of(person), TIMEOUT)).getFirst();
  }

  private static NewPerson newcomer(Identifier identifier, String profileId, long version) {
    return new NewPerson(
        identifier, identity(profileId, version), live(profileId, version, "v" + version));
  }

  // --- find

  @Test
  void find_unknownPerson_isAbsent() {
    assertThat(find(PERSON)).isEqualTo(new LookupResult.Absent());
  }

  @Test
  void find_known_servesTheBytesThatWereWritten() {
    ProfileRecord record = live("p", 7, "shoes");
    write(0, record);
    write(PERSON, 0, identity("p", 1));
    assertThat(find(PERSON))
        .isEqualTo(new LookupResult.Found(new Served(record.getLive().getServed())));
  }

  @Test
  void find_identityWithoutItsProfile_isAbsent() {
    // A writer that died between the two writes leaves this behind.
    write(PERSON, 0, identity("p", 1));
    assertThat(find(PERSON)).isEqualTo(new LookupResult.Absent());
  }

  @Test
  void find_identityWithoutAProfileId_isAbsent() {
    write(PERSON, 0, identity("", 1));
    assertThat(find(PERSON)).isEqualTo(new LookupResult.Absent());
  }

  @Test
  void find_mergedProfile_followsTheRedirects() {
    ProfileRecord winner = live("p2", 7, "shoes");
    write(0, redirect("p0", 1, "p1"));
    write(0, redirect("p1", 1, "p2"));
    write(0, winner);
    write(PERSON, 0, identity("p0", 1));
    LookupResult expected = new LookupResult.Found(new Served(winner.getLive().getServed()));
    assertThat(find(PERSON)).isEqualTo(expected);
    assertThat(findById("p0")).isEqualTo(expected);
    assertThat(findById("p2")).isEqualTo(expected);
  }

  @Test
  void find_asManyRedirectsAsAllowed_isFound() {
    for (int i = 0; i < ProfileStore.REDIRECTS_MAX; i++) {
      write(0, redirect("p" + i, 1, "p" + (i + 1)));
    }
    write(0, live("p" + ProfileStore.REDIRECTS_MAX, 1, "shoes"));
    assertThat(findById("p0")).isInstanceOf(LookupResult.Found.class);
  }

  @Test
  void find_redirectsInACircle_failsInsteadOfTurning() {
    write(0, redirect("a", 1, "b"));
    write(0, redirect("b", 1, "a"));
    assertThatThrownBy(() -> findById("a"))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPT));
  }

  @Test
  void find_redirectToNowhere_isAbsent() {
    write(0, redirect("a", 1, "gone"));
    assertThat(findById("a")).isEqualTo(new LookupResult.Absent());
  }

  // --- find, many at once

  @Test
  void findAll_ofEveryKind_answersEachInItsPlace() {
    ProfileRecord jane = live("jane", 1, "shoes");
    ProfileRecord joe = live("joe", 1, "hats");
    write(0, jane);
    write(0, joe);
    write(0, redirect("merged", 1, "merged again"));
    write(0, redirect("merged again", 1, "joe"));
    write(person(0), 0, identity("jane", 1));
    write(person(1), 0, identity("merged", 1));
    write(person(2), 0, identity("never written", 1));
    write(person(3), 0, identity("", 1));
    assertThat(
            findAll(
                List.of(
                    person(4), person(1), person(0), person(3), person(0), person(2), person(1))))
        .containsExactly(ABSENT, found(joe), found(jane), ABSENT, found(jane), ABSENT, found(joe));
    assertThat(findAllById(List.of("merged", "nobody", "jane", "merged again", "jane")))
        .containsExactly(found(joe), ABSENT, found(jane), found(joe), found(jane));
    assertThat(findAll(List.of())).isEmpty();
    assertThat(findAllById(List.of())).isEmpty();
  }

  @Test
  void findAll_oneOfWhichMakesNoSense_answersTheOthers() {
    ProfileRecord jane = live("jane", 1, "shoes");
    write(0, jane);
    write(0, redirect("a", 1, "b"));
    write(0, redirect("b", 1, "a"));
    write(person(0), 0, identity("jane", 1));
    write(person(1), 0, identity("a", 1));
    var answers = store.findAll(List.of(person(0), person(1), person(2), person(0)), TIMEOUT);
    assertThat(await(answers.get(0))).isEqualTo(found(jane));
    assertThatThrownBy(() -> await(answers.get(1)))
        .isInstanceOfSatisfying(
            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CORRUPT));
    assertThat(await(answers.get(2))).isEqualTo(ABSENT);
    assertThat(await(answers.get(3))).isEqualTo(found(jane));
  }

  @Test
  void findAll_ofMoreThanOneRequestTakes_answersEachInItsPlace() {
    int people = 500;
    List<ProfileRecord> records =
        IntStream.range(0, people).mapToObj(i -> live("p" + i, i + 1, "content of " + i)).toList();
    await(
        store.writeProfiles(
            records.stream().map(record -> new ProfileWrite(0, record)).toList(), batchTimeout()));
    await(
        store.writeIdentities(
            IntStream.range(0, people)
                .mapToObj(i -> new IdentityWrite(person(i), 0, identity("p" + i, i + 1)))
                .toList(),
            batchTimeout()));
    // From behind, and every third is nobody.
    List<Identifier> asked = new ArrayList<>();
    List<LookupResult> expected = new ArrayList<>();
    for (int i = people - 1; i >= 0; i--) {
      asked.add(i % 3 == 0 ? person(people + i) : person(i));
      expected.add(i % 3 == 0 ? ABSENT : found(records.get(i)));
    }
    assertThat(findAll(asked)).isEqualTo(expected);
    assertThat(findAllById(records.stream().map(ProfileRecord::getProfileId).toList()))
        .isEqualTo(records.stream().map(ProfileStoreContract::found).toList());
  }

  @Test
  void findAll_ofMoreThanAllowed_isRefused() {
    List<String> tooMany =
        IntStream.rangeClosed(0, ProfileStore.BATCH_MAX).mapToObj(i -> "p" + i).toList();
    assertThatThrownBy(() -> store.findAllById(tooMany, TIMEOUT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("5001");
  }

  @Test
  void writeProfile_redirectOverLive_forgetsTheLive() {
    write(0, live("a", 1, "mine"));
    ProfileRecord redirect = redirect("a", 2, "b");
    write(1, redirect);
    assertThat(read("a")).contains(redirect);
    assertThat(findById("a")).isEqualTo(new LookupResult.Absent());
  }

  @Test
  void writeProfile_liveOverRedirect_isServedAgain() {
    write(0, redirect("a", 1, "b"));
    ProfileRecord split = live("a", 2, "mine again");
    write(1, split);
    assertThat(read("a")).contains(split);
    assertThat(findById("a")).isInstanceOf(LookupResult.Found.class);
  }

  // --- values

  @Test
  void identities_withSpacesColonsAndUnicode_areKeptApart() {
    List<Identifier> identifiers =
        List.of(
            new Identifier("email", "a b@example.org"),
            new Identifier("email", "a  b@example.org"),
            new Identifier("email", "a:b"),
            new Identifier("email", "a:b:"),
            new Identifier("email", "*"),
            new Identifier("email", "[a]?{b}\\"),
            new Identifier("user_id", "a:b"),
            new Identifier("user_id", "Zoë"),
            new Identifier("user_id", "Zoe\u0308"),
            new Identifier("user_id", "顧客"),
            new Identifier("user_id", "🙂"));
    List<IdentityWrite> writes = new ArrayList<>();
    for (int i = 0; i < identifiers.size(); i++) {
      writes.add(new IdentityWrite(identifiers.get(i), 0, identity("profile of " + i, 1)));
    }
    assertThat(await(store.writeIdentities(writes, TIMEOUT))).hasSize(11).containsOnly(true);
    assertThat(await(store.readIdentities(identifiers, TIMEOUT)))
        .isEqualTo(writes.stream().map(write -> Optional.of(write.record())).toList());
  }

  @Test
  void profile_withUnicodeAndEveryByte_isUnchanged() {
    byte[] everyByte = new byte[512];
    for (int i = 0; i < everyByte.length; i++) {
      everyByte[i] = (byte) i;
    }
    ProfileRecord text = live("p:ü 顧客🙂", 7, "Zoë 🙂 \0 \r\n");
    var bytes =
        text.toBuilder()
            .setLive(text.getLive().toBuilder().setFacts(ByteString.copyFrom(everyByte)));
    write(0, bytes.build());
    assertThat(read("p:ü 顧客🙂")).contains(bytes.build());
  }

  @Test
  void profile_withoutFacts_isUnchanged() {
    ProfileRecord record = live("p", 7, "shoes");
    record = record.toBuilder().setLive(record.getLive().toBuilder().clearFacts()).build();
    write(0, record);
    assertThat(read("p")).contains(record);
  }

  // --- batches

  @Test
  void readProfiles_someMissing_keepTheirPlaces() {
    ProfileRecord a = live("a", 1, "1");
    ProfileRecord c = redirect("c", 1, "a");
    write(0, a);
    write(0, c);
    assertThat(await(store.readProfiles(List.of("c", "b", "a", "c", "d"), TIMEOUT)))
        .containsExactly(
            Optional.of(c), Optional.empty(), Optional.of(a), Optional.of(c), Optional.empty());
  }

  @Test
  void readVersions_someMissing_areZeroInTheirPlaces() {
    write(0, live("a", 7, "a"));
    write(0, live("c", 9, "c"));
    assertThat(await(store.readVersions(List.of("a", "b", "c"), TIMEOUT)))
        .containsExactly(7L, 0L, 9L);
  }

  @Test
  void readVersions_ofOneSeveralTimes_areInAllTheirPlaces() {
    write(0, live("a", 7, "a"));
    assertThat(await(store.readVersions(List.of("a", "b", "a", "b"), TIMEOUT)))
        .containsExactly(7L, 0L, 7L, 0L);
  }

  @Test
  void readProfiles_thatAreLargeTogether_areAllThere() {
    // More than a store may be willing to answer at once.
    String content = "0123456789".repeat(5_000);
    List<ProfileRecord> records =
        IntStream.range(0, 60).mapToObj(i -> live("p" + i, i + 1, content)).toList();
    await(
        store.writeProfiles(
            records.stream().map(record -> new ProfileWrite(0, record)).toList(), TIMEOUT));
    assertThat(
            await(
                store.readProfiles(
                    records.stream().map(ProfileRecord::getProfileId).toList(), TIMEOUT)))
        .isEqualTo(records.stream().map(Optional::of).toList());
  }

  @Test
  void batches_ofNothing_answerNothing() {
    raise(Map.of());
    assertThat(await(store.readMarks(List.of(), TIMEOUT))).isEmpty();
    assertThat(await(store.readVersions(List.of(), TIMEOUT))).isEmpty();
    assertThat(await(store.readProfiles(List.of(), TIMEOUT))).isEmpty();
    assertThat(await(store.readIdentities(List.of(), TIMEOUT))).isEmpty();
    assertThat(await(store.writeProfiles(List.of(), TIMEOUT))).isEmpty();
    assertThat(await(store.writeIdentities(List.of(), TIMEOUT))).isEmpty();
  }

  @Test
  void batches_asLargeAsAllowed_areDoneInOrder() {
    List<ProfileWrite> profiles =
        IntStream.range(0, ProfileStore.BATCH_MAX)
            .mapToObj(i -> new ProfileWrite(0, live("p" + i, i + 1, "content of " + i)))
            .toList();
    List<IdentityWrite> identities =
        IntStream.range(0, ProfileStore.BATCH_MAX)
            .mapToObj(i -> new IdentityWrite(person(i), 0, identity("p" + i, i + 1)))
            .toList();
    write(0, live("p17", 1, "taken"));

    List<Boolean> written = await(store.writeProfiles(profiles, batchTimeout()));
    assertThat(await(store.writeIdentities(identities, batchTimeout()))).containsOnly(true);

    assertThat(written).hasSize(ProfileStore.BATCH_MAX);
    assertThat(written.indexOf(false)).isEqualTo(17);
    assertThat(written.lastIndexOf(false)).isEqualTo(17);
    List<Optional<ProfileRecord>> read =
        await(
            store.readProfiles(
                profiles.stream().map(write -> write.record().getProfileId()).toList(),
                batchTimeout()));
    assertThat(read.get(16)).contains(profiles.get(16).record());
    assertThat(read.getLast()).contains(profiles.getLast().record());
    assertThat(
            await(
                store.readIdentities(
                    identities.stream().map(IdentityWrite::identifier).toList(), batchTimeout())))
        .isEqualTo(identities.stream().map(write -> Optional.of(write.record())).toList());
  }

  @Test
  void batches_largerThanAllowed_areRefused() {
    List<String> tooMany =
        IntStream.rangeClosed(0, ProfileStore.BATCH_MAX).mapToObj(i -> "p" + i).toList();
    assertThatThrownBy(() -> store.readProfiles(tooMany, TIMEOUT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("5001");
  }

  // --- scans

  @Test
  void scan_ofAnEmptyStore_ends() {
    assertThat(scan(store)).isEmpty();
  }

  @Test
  void scan_ofManyPages_findsEveryProfileAndNoIdentity() {
    List<ProfileWrite> writes =
        IntStream.range(0, 3_500)
            .mapToObj(i -> new ProfileWrite(0, live("p:" + i, 1, "")))
            .toList();
    await(store.writeProfiles(writes, batchTimeout()));
    write(0, redirect("r", 1, "p:0"));
    write(PERSON, 0, identity("p:0", 1));
    Set<String> expected = new HashSet<>(Set.of("r"));
    writes.forEach(write -> expected.add(write.record().getProfileId()));
    assertThat(scan(store)).isEqualTo(expected);
  }

  @Test
  void scan_fromACursorThatIsNotTheStores_isRefused() {
    assertThatThrownBy(() -> store.scanProfileIds("nonsense", TIMEOUT))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cursor");
  }

  // --- workspaces

  @Test
  void stores_ofTwoWorkspaces_doNotSeeEachOther() {
    ProfileStore other = another();
    write(0, live("p", 1, "mine"));
    write(PERSON, 0, identity("p", 1));
    assertThat(await(other.find(PERSON, TIMEOUT))).isEqualTo(new LookupResult.Absent());
    assertThat(await(other.findById("p", TIMEOUT))).isEqualTo(new LookupResult.Absent());
    assertThat(await(other.readProfiles(List.of("p"), TIMEOUT))).containsExactly(Optional.empty());
    assertThat(await(other.readIdentities(List.of(PERSON), TIMEOUT)))
        .containsExactly(Optional.empty());
    assertThat(scan(other)).isEmpty();
  }

  @Test
  void calls_afterClose_areUnavailable() {
    ProfileStore other = another();
    other.close();
    assertThatThrownBy(() -> await(other.find(PERSON, TIMEOUT)))
        .isInstanceOfSatisfying(
            StoreException.class,
            e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.UNAVAILABLE));
  }

  // --- marks

  @Test
  void readMarks_neverRaised_areMinusOne() {
    assertThat(await(store.readMarks(List.of("events/0", "events/1"), TIMEOUT)))
        .containsExactly(-1L, -1L);
  }

  @Test
  void raiseMarks_onlyEverGrow() {
    raise(Map.of("events/0", 9L, "events/1", 0L));
    raise(Map.of("events/0", 7L, "events/1", 10L));
    assertThat(await(store.readMarks(List.of("events/1", "events/0"), TIMEOUT)))
        .containsExactly(10L, 9L);
  }

  @Test
  void raiseMarks_toTheHighestNumber_isRead() {
    long highest = 1L << 53;
    raise(Map.of("events/0", highest - 1));
    raise(Map.of("events/0", highest));
    assertThat(await(store.readMarks(List.of("events/0", "events/1", "events/0"), TIMEOUT)))
        .containsExactly(highest, -1L, highest);
  }

  @Test
  void marks_ofTwoWorkspaces_doNotSeeEachOther() {
    raise(Map.of("events/0", 9L));
    assertThat(await(another().readMarks(List.of("events/0"), TIMEOUT))).containsExactly(-1L);
  }

  private void raise(Map<String, Long> marks) {
    store.raiseMarks(marks, Duration.ofMinutes(1), TIMEOUT).toCompletableFuture().join();
  }

  // --- shorthands

  private LookupResult find(Identifier identifier) {
    return await(store.find(identifier, TIMEOUT));
  }

  private LookupResult findById(String profileId) {
    return await(store.findById(profileId, TIMEOUT));
  }

  private List<LookupResult> findAll(List<Identifier> identifiers) {
    return store.findAll(identifiers, TIMEOUT).stream().map(ProfileStoreContract::await).toList();
  }

  private List<LookupResult> findAllById(List<String> profileIds) {
    return store.findAllById(profileIds, TIMEOUT).stream()
        .map(ProfileStoreContract::await)
        .toList();
  }

  private static LookupResult found(ProfileRecord record) {
    return new LookupResult.Found(new Served(record.getLive().getServed()));
  }

  private Optional<ProfileRecord> read(String profileId) {
    return await(store.readProfiles(List.of(profileId), TIMEOUT)).getFirst();
  }

  private Optional<IdentityRecord> read(Identifier identifier) {
    return await(store.readIdentities(List.of(identifier), TIMEOUT)).getFirst();
  }

  private boolean write(long expectedVersion, ProfileRecord record) {
    return await(store.writeProfiles(List.of(new ProfileWrite(expectedVersion, record)), TIMEOUT))
        .getFirst();
  }

  private boolean write(Identifier identifier, long expectedVersion, IdentityRecord record) {
    return await(
            store.writeIdentities(
                List.of(new IdentityWrite(identifier, expectedVersion, record)), TIMEOUT))
        .getFirst();
  }

  private static Set<String> scan(ProfileStore store) {
    Set<String> ids = new HashSet<>();
    String cursor = ProfileIdPage.FIRST;
    do {
      ProfileIdPage page = await(store.scanProfileIds(cursor, TIMEOUT));
      ids.addAll(page.profileIds());
      cursor = page.nextCursor();
    } while (!cursor.isEmpty());
    return ids;
  }

  /** The answer; a failure is thrown as it is. */
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

  private static Identifier person(int i) {
    return new Identifier("email", "person " + i + "@example.org");
  }

  /** A record as the fold would write it. */
  public static ProfileRecord live(String profileId, long version, String content) {
    var text = Value.newBuilder().setText(content).build();
    var profile =
        Profile.newBuilder()
            .setProfileId(profileId)
            .setVersion(version)
            .addTraits(Trait.newBuilder().setName("content").setValue(text))
            .build();
    var facts =
        Facts.newBuilder()
            .addFacts(Fact.newBuilder().setTrait("content").setSource("events").setValue(text))
            .build();
    return ProfileRecord.newBuilder()
        .setProfileId(profileId)
        .setVersion(version)
        .setLive(
            LiveProfile.newBuilder()
                .setServed(Served.of(profile).bytes())
                .setFacts(facts.toByteString()))
        .build();
  }

  private static ProfileRecord redirect(String profileId, long version, String target) {
    return ProfileRecord.newBuilder()
        .setProfileId(profileId)
        .setVersion(version)
        .setRedirectTo(target)
        .build();
  }

  private static IdentityRecord identity(String profileId, long version) {
    return IdentityRecord.newBuilder()
        .setProfileId(profileId)
        .setVersion(version)
        .addLinks(
            Link.newBuilder().setA(PERSON.toProto()).setB(person(1).toProto()).setOrigin("event"))
        .build();
  }
}
