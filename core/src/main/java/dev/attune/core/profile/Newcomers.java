package dev.attune.core.profile;

import dev.attune.core.profile.ChangeEmitter.Told;
import dev.attune.core.profile.ProfileStore.NewPerson;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileRecord;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;

/**
 * Creates people of whom nothing is known and who are linked to nobody: the records that a writer
 * would come to by way of their links and their partition, but both in one step, so that there is
 * nothing to read before and nothing to look at again after. Whoever else writes the same
 * identifier meanwhile was either first, and then nothing is created here, or finds a person who is
 * whole.
 */
final class Newcomers {
  /** The first version of an identity record. */
  private static final long FIRST = 1;

  /** So many are on their way to the store while the next are made. */
  private static final int TOGETHER = 100;

  private final StoreCalls store;
  private final ChangeEmitter changes;
  private final BiFunction<ProfileRecord, Facts, Optional<ProfileWrite>> fold;

  /** Whether the last ones all were: a guess at the next, which costs time when it is wrong. */
  private volatile boolean onlyNew;

  /**
   * @param fold the write that a content needs, of a profile that is stored or new
   */
  Newcomers(
      StoreCalls store,
      ChangeEmitter changes,
      BiFunction<ProfileRecord, Facts, Optional<ProfileWrite>> fold) {
    this.store = store;
    this.changes = changes;
    this.fold = fold;
  }

  /**
   * Creates those who are not there yet, and tells it; blocks until the log has it. Answers the
   * inputs that have to be written the ordinary way, in their order.
   */
  List<ProfileInput> create(List<ProfileInput> inputs) {
    if (!store.createsPeople()) {
      return inputs;
    }
    Map<Identifier, List<ProfileInput>> unknown = unknown(inputs);
    List<Identifier> vias = List.copyOf(unknown.keySet());
    Set<Identifier> created = new HashSet<>();
    ChangeEmitter.Telling telling = changes.new Telling();
    try {
      // While the store writes some, the next are folded.
      Optional<Group> before = Optional.empty();
      for (int from = 0; from < vias.size(); from += TOGETHER) {
        Group group = new Group();
        for (Identifier via : vias.subList(from, Math.min(vias.size(), from + TOGETHER))) {
          group.add(via, unknown.getOrDefault(via, List.of()));
        }
        group.send();
        before.ifPresent(sent -> sent.settle(created, telling));
        before = Optional.of(group);
      }
      before.ifPresent(sent -> sent.settle(created, telling));
    } finally {
      telling.end();
    }
    List<ProfileInput> rest =
        inputs.stream()
            .filter(input -> !input.links().isEmpty() || !created.contains(input.via()))
            .toList();
    onlyNew = rest.isEmpty();
    return rest;
  }

  /** Some who are created with one call. */
  private final class Group {
    private final List<NewPerson> people = new ArrayList<>(TOGETHER);
    private final List<Told> told = new ArrayList<>(TOGETHER);
    private CompletionStage<List<Boolean>> answer = CompletableFuture.completedFuture(List.of());

    void add(Identifier via, List<ProfileInput> said) {
      NewPerson person = person(via, said);
      people.add(person);
      told.add(
          new Told(
              person.profile(),
              said.stream().map(ProfileInput::cause).toList(),
              new Moved(List.of(via.toProto()), List.of())));
    }

    void send() {
      answer = store.createPeople(people);
    }

    /** Waits for the store, and tells whom it created. */
    void settle(Set<Identifier> created, ChangeEmitter.Telling telling) {
      List<Boolean> done = StoreCalls.await(answer);
      List<Told> changed = new ArrayList<>(people.size());
      for (int i = 0; i < people.size(); i++) {
        if (done.get(i)) {
          created.add(people.get(i).identifier());
          changed.add(told.get(i));
        }
      }
      telling.add(changed);
    }
  }

  // Who may be new. After some of whom nobody was known the next are not asked for: the store says
  // when it has one, and then what was made for them was made in vain.
  private Map<Identifier, List<ProfileInput>> unknown(List<ProfileInput> inputs) {
    Map<Identifier, List<ProfileInput>> unknown = new LinkedHashMap<>();
    for (ProfileInput input : inputs) {
      if (input.links().isEmpty()) {
        unknown.computeIfAbsent(input.via(), _ -> new ArrayList<>()).add(input);
      }
    }
    if (onlyNew) {
      return unknown;
    }
    List<Identifier> identifiers = List.copyOf(unknown.keySet());
    List<Optional<IdentityRecord>> known = store.readIdentities(identifiers);
    for (int i = 0; i < identifiers.size(); i++) {
      if (known.get(i).isPresent()) {
        unknown.remove(identifiers.get(i));
      }
    }
    return unknown;
  }

  private NewPerson person(Identifier via, List<ProfileInput> said) {
    FactSet facts = new FactSet();
    FirstSeen seen = new FirstSeen();
    for (ProfileInput input : said) {
      facts.addAll(input.facts());
      seen.add(via, input.saidAtMicros());
    }
    String profileId = ProfileIds.of(via);
    ProfileRecord profile =
        fold.apply(
                ProfileRecord.newBuilder().setProfileId(profileId).build(),
                facts.toProto(Facts.newBuilder(), List.of(via), seen))
            .orElseThrow()
            .record();
    return new NewPerson(
        via,
        IdentityRecord.newBuilder().setProfileId(profileId).setVersion(FIRST).build(),
        profile);
  }
}
