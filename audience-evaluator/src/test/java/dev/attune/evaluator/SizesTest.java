package dev.attune.evaluator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.proto.v1.EvaluatorState;
import dev.attune.proto.v1.HeldMembership;
import dev.attune.proto.v1.Transition;
import dev.attune.proto.v1.Transition.Reason;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

final class SizesTest {
  private static final long HOUR = 490_000;

  private static Transition passed(boolean in) {
    return Transition.newBuilder().setAudience("a").setEntered(in).setReason(Reason.CHANGE).build();
  }

  private static EvaluatorState state(boolean member) {
    EvaluatorState.Builder state = EvaluatorState.newBuilder();
    state.addMembershipsBuilder().setAudience("#computed");
    if (member) {
      state.addMemberships(HeldMembership.newBuilder().setAudience("a"));
    }
    return state.build();
  }

  @Test
  void membersThatWereThereBefore_areCountedOnce_whoeverComesAndGoesMeanwhile() {
    long seed = Long.getLong("attune.seed", ThreadLocalRandom.current().nextLong());
    var random = new Random(seed);
    for (int run = 0; run < 200; run++) {
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        ids.add("%032x".formatted(random.nextInt(1_000)));
      }
      ids = new ArrayList<>(new TreeSet<>(ids));
      var members = new TreeSet<String>();
      ids.stream().filter(_ -> random.nextBoolean()).forEach(members::add);
      var sizes = new Sizes(false);
      for (String next : ids) {
        for (int i = random.nextInt(4); i > 0; i--) {
          String id = ids.get(random.nextInt(ids.size()));
          boolean in = members.add(id) || !members.remove(id);
          sizes.count(id, List.of(passed(in)), List.of("#computed"), HOUR);
        }
        assertThat(sizes.isComplete()).isFalse();
        sizes.count(next, state(members.contains(next)));
      }
      sizes.complete();
      assertThat(sizes.isComplete()).isTrue();
      assertThat(sizes.of("a", HOUR).members())
          .as("-Dattune.seed=%d", seed)
          .isEqualTo(members.size());
    }
  }

  // Names come and go for as long as the process lives.
  @Test
  void audience_thatIsGone_isForgottenOnceNobodyIsInIt() {
    var sizes = new Sizes(false);
    sizes.count("p", List.of(passed(true), passed(false)), List.of(), HOUR);
    sizes.forget(_ -> false);
    assertThat(sizes.audiences()).as("who was there before is not counted yet").isEqualTo(1);
    sizes.count("p", state(true));
    sizes.complete();
    sizes.forget(_ -> false);
    assertThat(sizes.of("a", HOUR).members()).as("somebody's exit is on its way").isEqualTo(1);
    sizes.count("p", List.of(passed(false)), List.of(), HOUR);
    sizes.forget("a"::equals);
    assertThat(sizes.of("a", HOUR).exited()).as("it is there").isEqualTo(2);
    sizes.forget(_ -> false);
    assertThat(sizes.audiences()).isZero();
  }

  @Test
  void volatility_isOfTheLastDay() {
    var sizes = new Sizes(true);
    sizes.count("p", List.of(passed(true)), List.of(), HOUR);
    sizes.count("q", List.of(passed(true), passed(false)), List.of(), HOUR + 20);
    assertThat(sizes.of("a", HOUR + 20)).isEqualTo(new Sizes.Size(1, 2, 1, 3));
    assertThat(sizes.of("a", HOUR + 23).volatility()).isEqualTo(3);
    assertThat(sizes.of("a", HOUR + 24).volatility()).isEqualTo(2);
    assertThat(sizes.of("a", HOUR + 44).volatility()).isZero();
    assertThat(sizes.of("nobody's", HOUR)).isEqualTo(Sizes.Size.NONE);
    assertThat(Sizes.Size.NONE.volatility()).isZero();
  }
}
