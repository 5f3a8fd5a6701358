package dev.attune.load.gatling;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class BatchReplyTest {
  private final People people = new NumberedPeople("user_id", 10);

  private static String entry(String value) {
    return "{\"status\":\"ok\",\"profile\":{\"profile_id\":\"p\",\"identifiers\":[{\"namespace\":"
        + "\"user_id\",\"value\":\""
        + value
        + "\"}],\"traits\":{\"profile\":{\"profile\":\"ü\"}},\"version\":1}}";
  }

  private Optional<String> fault(String entries, int... asked) {
    return BatchReply.fault(people, asked, ("{\"results\":[" + entries + "]}").getBytes(UTF_8));
  }

  @Test
  void entries_areJudgedInTheirOrder() {
    assertThat(fault(entry("1") + ", " + entry("3"), 0, 2)).isEmpty();
    assertThat(fault(entry("3") + "," + entry("1"), 0, 2)).isPresent();
  }

  @Test
  void entry_withoutAProfile_isPassedOver() {
    String nobody = "{\"status\":\"not_found\",\"message\":\"nobody\"},";
    assertThat(fault(nobody + entry("3"), 0, 2)).isEmpty();
    assertThat(fault(nobody + entry("1"), 0, 2)).isPresent();
  }

  @Test
  void entries_thatAreMissingOrTooMany_areWrong() {
    assertThat(fault(entry("1"), 0, 2)).isPresent();
    assertThat(fault(entry("1") + "," + entry("3"), 0)).isPresent();
    assertThat(fault("", 0)).isPresent();
  }

  @Test
  void reply_thatIsNoJson_isWrong() {
    assertThat(BatchReply.fault(people, new int[] {0}, "oops".getBytes(UTF_8))).isPresent();
    assertThat(fault(entry("1") + ",{", 0)).isPresent();
  }
}
