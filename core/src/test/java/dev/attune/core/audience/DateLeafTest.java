package dev.attune.core.audience;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.audience.Condition.DateTest.Side;
import dev.attune.core.definition.Definitions;
import dev.attune.proto.v1.Value;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Times that no calendar has: an event may say any. */
final class DateLeafTest {
  private static final long NOW = 1_763_640_000_000_000L;
  private static final long DAY = 86_400_000_000L;

  @ParameterizedTest
  @EnumSource(Side.class)
  void timeBeyondAllCalendars_isNone(Side side) {
    // What days times microseconds come to, modulo 2^64, for dates of which that is today's.
    int wrapped = (int) (NOW / DAY) + 213_503_982;
    for (Value value :
        new Value[] {
          Value.newBuilder().setDateDays(wrapped).build(),
          Value.newBuilder().setDateDays(Integer.MAX_VALUE).build(),
          Value.newBuilder().setDateDays(Integer.MIN_VALUE).build(),
          Value.newBuilder().setTimestampMicros(Long.MAX_VALUE).build(),
          Value.newBuilder().setTimestampMicros(Long.MIN_VALUE).build(),
          Value.newBuilder().setText("2026-11-20").build()
        }) {
      var condition = new Condition.DateTest("born_on", side, Duration.ofDays(3650));
      AudienceSet set =
          AudienceSet.compile(
              new Definitions(
                  1,
                  1,
                  AudienceDefinitionTest.CATALOG,
                  Map.of(),
                  Map.of("a", new AudienceDefinition("a", "", "", condition)),
                  Map.of(),
                  Map.of()));
      var state = new ProfileState(set);
      state.setTraits(Map.of("born_on", value));
      CompiledAudience audience = set.audience("a").orElseThrow();
      assertThat(audience.evaluate(state, NOW))
          .as(value.toString())
          .isEqualTo(new Evaluation(false, false, 0));
      assertThat(new Explainer(set, state, NOW).explain(audience).missing())
          .containsExactly("born_on");
    }
  }
}
