package dev.attune.store.convergence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import dev.attune.core.identity.Links;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileIds;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.store.memory.MemoryProfileStore;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A chunk of a table whose people do something all the while. */
class BusyPeopleTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final int PEOPLE = 256;
  private static final Catalog ONE_DEVICE =
      Catalog.parse(
          Yaml.parse(
              "catalog.yaml",
              "namespaces:\n  user_id: {unique: true}\n  anonymous_id: {max: 1}\n"));

  private final ProfileStore store = new MemoryProfileStore();
  private final Random random = new Random(7);
  private final List<ProfileInput> events = new ArrayList<>();

  private final List<ProfileChange> told = new ArrayList<>();
  private Catalog catalog = Catalog.DEFAULT;

  private ProfileWriter writer(ProfileStore store) {
    return new ProfileWriter(
        store,
        change -> {
          told.add(change);
          return CompletableFuture.completedFuture(null);
        },
        () -> catalog,
        InstantSource.system(),
        TIMEOUT);
  }

  private static ProfileInput link(Identifier one, Identifier other, long at) {
    return new ProfileInput(
        one, List.of(), List.of(Links.link(one, other, at, "e" + at)), Cause.getDefaultInstance());
  }

  private static Identifier user(int i) {
    return new Identifier("user_id", "u" + i);
  }

  // Each time that the writer reads something, somebody brings a new device: an attempt with
  // everybody in it hardly ever comes through.
  private ProfileStore busy() {
    return (ProfileStore)
        Proxy.newProxyInstance(
            ProfileStore.class.getClassLoader(),
            new Class<?>[] {ProfileStore.class},
            (_, method, arguments) -> {
              if (method.getName().startsWith("read")) {
                int n = events.size();
                var device = new Identifier("anonymous_id", "a" + n);
                events.add(link(user(random.nextInt(PEOPLE)), device, 10_000 + n));
                writer(store).apply(List.of(events.getLast()));
              }
              return method.invoke(store, arguments);
            });
  }

  private List<Identifier> known(Identifier identifier) {
    LookupResult result = store.find(identifier, TIMEOUT).toCompletableFuture().join();
    return ((LookupResult.Found) result)
        .served().profile().getIdentifiersList().stream().map(Identifier::of).toList();
  }

  @Test
  void apply_aChunkWhosePeopleAreBusy_comesThroughAndLosesNoLink() {
    List<ProfileInput> rows =
        IntStream.range(0, PEOPLE)
            .mapToObj(i -> link(user(i), new Identifier("email", "u" + i + "@example.com"), i + 1))
            .toList();

    writer(busy()).apply(rows);

    for (int i = 0; i < PEOPLE; i++) {
      assertThat(known(user(i))).contains(new Identifier("email", "u" + i + "@example.com"));
    }
    for (ProfileInput event : events) {
      Identifier device = Identifier.of(event.links().getFirst().getA());
      Identifier other = Identifier.of(event.links().getFirst().getB());
      assertThat(known(device)).contains(other);
    }
    assertThat(told)
        .flatExtracting(change -> change.getChanged().getCausesList())
        .extracting(Cause::getTraceparent)
        .containsAll(
            Stream.concat(rows.stream(), events.stream())
                .map(input -> input.cause().getTraceparent())
                .toList());
  }

  // More identifiers than one attempt looks at: each is looked at anew all the same.
  @Test
  void refold_ofManyPeople_partsThoseWhoDoNotBelongTogetherAnyMore() {
    int people = 1_000;
    int devices = 6;
    for (int i = 0; i < people; i++) {
      List<ProfileInput> links = new ArrayList<>();
      for (int d = 0; d < devices; d++) {
        links.add(link(user(i), new Identifier("anonymous_id", i + "-" + d), 1 + d));
      }
      writer(store).apply(links);
    }
    catalog = ONE_DEVICE;

    writer(store)
        .refold(IntStream.range(0, people).mapToObj(i -> ProfileIds.of(user(i))).toList(), 2);

    for (int i = 0; i < people; i++) {
      assertThat(known(user(i))).hasSize(2);
    }
  }

  // As a move leaves it that stopped half-way: the identifier is named by both.
  private void nameFirst(Identifier whose, Identifier named) throws Exception {
    ProfileRecord record =
        store
            .readProfiles(List.of(ProfileIds.of(whose)), TIMEOUT)
            .toCompletableFuture()
            .join()
            .getFirst()
            .orElseThrow();
    Facts facts = Facts.parseFrom(record.getLive().getFacts());
    Facts both =
        facts.toBuilder()
            .clearIdentifiers()
            .addIdentifiers(named.toProto())
            .addAllIdentifiers(
                facts.getIdentifiersList().stream()
                    .filter(identifier -> !identifier.equals(named.toProto()))
                    .toList())
            .build();
    var write =
        new ProfileStore.ProfileWrite(
            record.getVersion(),
            record.toBuilder()
                .setVersion(record.getVersion() + 1)
                .setLive(record.getLive().toBuilder().setFacts(both.toByteString()))
                .build());
    assertThat(store.writeProfiles(List.of(write), TIMEOUT).toCompletableFuture().join())
        .containsExactly(true);
  }

  @Test
  void refold_ofTwoWhoBothNameAnIdentifierFirst_looksAtAllOfBoth() throws Exception {
    var shared = new Identifier("anonymous_id", "1-0");
    for (int i = 0; i < 2; i++) {
      for (int d = 0; d < 3; d++) {
        writer(store)
            .apply(List.of(link(user(i), new Identifier("anonymous_id", i + "-" + d), 1 + d)));
      }
      nameFirst(user(i), shared);
    }
    catalog = ONE_DEVICE;

    writer(store).refold(List.of(ProfileIds.of(user(0)), ProfileIds.of(user(1))), 2);

    assertThat(known(user(0))).hasSize(2).doesNotContain(shared);
    assertThat(known(user(1))).hasSize(2);
  }
}
