package dev.attune.core.profile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Transition;
import dev.attune.proto.v1.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HiddenFactsTest {
  private static final Identifier USER = new Identifier("user_id", "7");
  private static final Identifier EMAIL = new Identifier("email", "jane@example.org");

  private static Fact member(String source, Identifier via, long at, Optional<Value> value) {
    return FactSet.fact(HiddenFacts.MEMBER, source, via, at, value, "");
  }

  private static Optional<Value> yes() {
    return Optional.of(Value.newBuilder().setBoolean(true).build());
  }

  private static Optional<Value> since(long micros) {
    return Optional.of(Value.newBuilder().setTimestampMicros(micros).build());
  }

  private static Facts facts(Fact... facts) {
    return Facts.newBuilder()
        .addIdentifiers(USER.toProto())
        .addIdentifiers(EMAIL.toProto())
        .addAllFacts(new FactSet().addAll(List.of(facts)).all())
        .build();
  }

  @Test
  void memberOfATable_isKnown_andNeverServed() {
    Facts facts =
        facts(member("model:vip", USER, 5, since(3)), member("model:new", USER, 9, yes()));

    assertThat(HiddenFacts.memberSince(facts)).isEqualTo(Map.of("vip", 3L, "new", 0L));
    var served = Fold.serve("p", facts, 1, Catalog.DEFAULT);
    assertThat(served.getTraitsList()).isEmpty();
    assertThat(served.getUpdatedAtMicros()).isZero();
  }

  @Test
  void whoIsTakenOutOfATable_isNoMember_unlessListedByAnotherIdentifier() {
    Fact gone = member("model:vip", USER, 6, Optional.empty());
    assertThat(HiddenFacts.memberSince(facts(member("model:vip", USER, 5, yes()), gone))).isEmpty();
    assertThat(HiddenFacts.memberSince(facts(gone, member("model:vip", EMAIL, 5, yes()))))
        .containsOnlyKeys("vip");
    // One that is another person's by now says nothing of this one.
    Identifier other = new Identifier("email", "joe@example.org");
    assertThat(HiddenFacts.memberSince(facts(member("model:vip", other, 5, yes())))).isEmpty();
  }

  @Test
  void ofTwoIdentifiers_theLongerTimeCounts() {
    assertThat(
            HiddenFacts.memberSince(
                facts(
                    member("model:vip", USER, 5, since(30)),
                    member("model:vip", EMAIL, 5, since(20)))))
        .isEqualTo(Map.of("vip", 20L));
    assertThat(
            HiddenFacts.memberSince(
                facts(
                    member("model:vip", USER, 5, since(30)), member("model:vip", EMAIL, 5, yes()))))
        .isEqualTo(Map.of("vip", 30L));
  }

  // Whoever may send events must not make people members.
  @Test
  void eventThatSaysTheSame_isAnOrdinaryTrait() {
    Facts facts = facts(member("events", USER, 5, yes()), member("events:model", USER, 5, yes()));
    assertThat(HiddenFacts.memberSince(facts)).isEmpty();
    assertThat(Fold.serve("p", facts, 1, Catalog.DEFAULT).getTraitsList())
        .extracting(Trait::getName)
        .containsExactly(HiddenFacts.MEMBER);
  }

  @Test
  void profileWithTooManyTraits_keepsWhereItIsAMember() {
    List<Fact> many = new ArrayList<>(List.of(member("model:vip", USER, 5, yes())));
    for (int i = 0; i < FactSet.TRAITS_MAX; i++) {
      many.add(FactSet.fact("A" + i, "events", USER, 5, yes(), "e"));
    }
    assertThat(HiddenFacts.memberSince(facts(many.toArray(new Fact[0])))).containsOnlyKeys("vip");
  }

  @Test
  void membership_beganWhenTheTableSays() {
    Transition entered =
        Transition.newBuilder()
            .setAudience("vip")
            .setEntered(true)
            .setAtMicros(9)
            .setSinceMicros(3)
            .setGeneration(1)
            .setVersion(1)
            .build();
    assertThat(
            ProfileWriter.memberships(Facts.getDefaultInstance(), List.of(entered))
                .getMemberships(0)
                .getEnteredAtMicros())
        .isEqualTo(3);
    assertThat(
            ProfileWriter.memberships(
                    Facts.getDefaultInstance(),
                    List.of(entered.toBuilder().clearSinceMicros().build()))
                .getMemberships(0)
                .getEnteredAtMicros())
        .isEqualTo(9);
  }
}
