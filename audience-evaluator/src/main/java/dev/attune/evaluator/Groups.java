package dev.attune.evaluator;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.audience.KnownGroups;
import dev.attune.proto.v1.GroupMember;
import dev.attune.proto.v1.GroupState;
import dev.attune.proto.v1.GroupWord;
import dev.attune.proto.v1.KnownGroup;
import dev.attune.proto.v1.StateMove;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * The groups of one partition: what each is, who belongs to it, and who has yet to be told that it
 * is another one. A person's audiences are decided where the person is; so a group tells its
 * members, a slice at a time, however many there are.
 *
 * <p>Keys are a group's profile id; with {@code /} and a person's, that the person belongs to it;
 * behind {@code ~}, that its members are being told, up to the person that the value names.
 */
final class Groups {
  private static final String MEMBER = "/";
  private static final String AFTER_MEMBERS = "0";
  private static final String TELLING = "~";
  private static final String AFTER_TELLING = "\177";

  private final KeyValueStore<String, byte[]> store;

  // False only when nobody has to be told; it spares looking.
  private boolean telling = true;

  Groups(KeyValueStore<String, byte[]> store) {
    this.store = store;
  }

  /** Takes in a group's record; its members are told by {@link #tell}. */
  void record(String group, GroupState said) {
    GroupState before = state(group);
    if (said.getVersion() <= before.getVersion()) {
      return;
    }
    store.put(group, said.toByteArray());
    if (!said.getTraitsList().equals(before.getTraitsList()) && hasMembers(group)) {
      store.put(TELLING + group, new byte[0]);
      telling = true;
    }
  }

  private boolean hasMembers(String group) {
    try (var members = store.range(group + MEMBER, group + AFTER_MEMBERS)) {
      return members.hasNext();
    }
  }

  /**
   * Takes in what a person's state says to a group.
   *
   * @return the answer, unless it leaves; of a group of which nothing is known yet it is that
   */
  Optional<StateMove> hear(StateMove said) {
    String group = said.getIntoProfileId();
    String person = said.getFromProfileId();
    String key = group + MEMBER + person;
    if (!said.getGroup().hasJoined()) {
      store.delete(key);
      return Optional.empty();
    }
    GroupMember member = said.getGroup().getJoined();
    store.put(key, member.toByteArray());
    return Optional.of(answer(group, state(group), person, member));
  }

  /**
   * The next members that have to be told.
   *
   * @param max how many at most
   */
  List<StateMove> tell(int max) {
    if (!telling) {
      return List.of();
    }
    String group;
    String last;
    try (var marks = store.range(TELLING, AFTER_TELLING)) {
      telling = marks.hasNext();
      if (!telling) {
        return List.of();
      }
      var mark = marks.next();
      group = mark.key.substring(TELLING.length());
      last = new String(mark.value, StandardCharsets.UTF_8);
    }
    GroupState state = state(group);
    List<StateMove> told = new ArrayList<>();
    try (var members = store.range(group + MEMBER + last, group + AFTER_MEMBERS)) {
      while (members.hasNext() && told.size() < max) {
        var member = members.next();
        String person = member.key.substring(group.length() + MEMBER.length());
        if (!person.equals(last)) {
          told.add(answer(group, state, person, parsed(member.value)));
        }
      }
    }
    if (told.size() < max) {
      store.delete(TELLING + group);
    } else {
      store.put(
          TELLING + group, told.getLast().getIntoProfileId().getBytes(StandardCharsets.UTF_8));
    }
    return told;
  }

  private static StateMove answer(
      String group, GroupState state, String person, GroupMember member) {
    KnownGroup.Builder known =
        KnownGroup.newBuilder()
            .setProfileId(group)
            .setVersion(state.getVersion())
            .setAsked(KnownGroups.asks(member.getTraitsList()));
    state.getTraitsList().stream()
        .filter(trait -> member.getTraitsList().contains(trait.getName()))
        .forEach(known::addTraits);
    return StateMove.newBuilder()
        .setFromProfileId(group)
        .setIntoProfileId(person)
        .setGroup(GroupWord.newBuilder().setTraits(known))
        .build();
  }

  private GroupState state(String group) {
    byte[] stored = store.get(group);
    try {
      return stored == null ? GroupState.getDefaultInstance() : GroupState.parseFrom(stored);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("the stored state of a group does not parse", e);
    }
  }

  private static GroupMember parsed(byte[] stored) {
    try {
      return GroupMember.parseFrom(stored);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("a stored member of a group does not parse", e);
    }
  }
}
