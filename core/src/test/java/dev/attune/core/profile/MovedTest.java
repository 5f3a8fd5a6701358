package dev.attune.core.profile;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Identifier;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MovedTest {
  private static Identifier identifier(String value) {
    return Identifier.newBuilder().setNamespace("user_id").setValue(value).build();
  }

  private static Facts facts(String... values) {
    Facts.Builder facts = Facts.newBuilder();
    for (String value : values) {
      facts.addIdentifiers(identifier(value));
    }
    return facts.build();
  }

  @Test
  void between_isTheDifference_withWhatIsKnownToHaveMoved() {
    Moved moved =
        Moved.between(
            facts("a", "b"), facts("b", "c"), List.of(identifier("d")), List.of(identifier("e")));
    assertThat(moved.added()).containsExactly(identifier("c"), identifier("d"));
    assertThat(moved.removed()).containsExactly(identifier("a"), identifier("e"));
  }

  // The log has a largest record.
  @Test
  void addTo_namesNoMoreThan64KB() {
    List<Identifier> many =
        IntStream.range(0, 500).mapToObj(i -> identifier("%0250d".formatted(i))).toList();
    Changed.Builder changed = Changed.newBuilder();
    new Moved(many, many).addTo(changed);
    assertThat(changed.getIdentifiersAddedCount()).isBetween(200, 300);
    assertThat(changed.getIdentifiersRemovedCount()).isZero();
    assertThat(changed.build().getSerializedSize()).isLessThan(68_000);
  }
}
