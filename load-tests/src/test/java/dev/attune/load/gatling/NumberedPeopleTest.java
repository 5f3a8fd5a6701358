package dev.attune.load.gatling;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class NumberedPeopleTest {
  private final NumberedPeople people = new NumberedPeople("user_id", 10);

  private static String profile(String value, int version, String city) {
    return """
        {"profile_id": "p", "identifiers": [{"namespace": "email", "value": "3"},
        {"namespace": "user_id", "value": "%s"}], "traits": {"city": "%s"}, "version": %d}
        """
        .formatted(value, city, version);
  }

  private Optional<String> fault(int index, String json) {
    byte[] bytes = ("[" + json).getBytes(UTF_8);
    return people.fault(index, bytes, 1, bytes.length - 1);
  }

  @Test
  void answer_thatNamesAnotherIdentifier_isWrong() {
    assertThat(people.value(1)).isEqualTo("2");
    assertThat(fault(1, profile("2", 1, "Graz"))).isEmpty();
    // Of another namespace it does not count.
    assertThat(fault(2, profile("4", 1, "Graz"))).isPresent();
    assertThat(fault(2, "{}")).isPresent();
  }

  @Test
  void answer_withOtherTraitsUnderTheSameVersion_isWrong() {
    assertThat(fault(1, profile("2", 1, "Graz"))).isEmpty();
    assertThat(fault(1, profile("2", 1, "Graz"))).isEmpty();
    assertThat(fault(1, profile("2", 2, "Porto"))).isEmpty();
    assertThat(fault(1, profile("2", 2, "Ghent"))).isPresent();
  }
}
