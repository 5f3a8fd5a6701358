package dev.attune.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AwaitTest {
  @Test
  void until_conditionThatComesTrue_returns() {
    var asked = new AtomicInteger();
    Await.until(Duration.ofSeconds(5), "never", () -> asked.incrementAndGet() == 3);
    assertThat(asked).hasValue(3);
  }

  @Test
  void until_conditionThatStaysFalse_failsWithTheMessage() {
    assertThatThrownBy(() -> Await.until(Duration.ofMillis(5), "nothing came", () -> false))
        .isInstanceOf(AssertionError.class)
        .hasMessage("nothing came (waited 5 ms)");
  }
}
