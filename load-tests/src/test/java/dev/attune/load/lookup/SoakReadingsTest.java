package dev.attune.load.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.load.lookup.LookupFigures.Name;
import dev.attune.load.report.Figure;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a soak has to notice; and that it does not pass by not having looked. */
class SoakReadingsTest {
  private static final long BOUND = 1_000;
  private static final Duration LENGTH = Duration.ofMinutes(3);

  private final SoakReadings readings = new SoakReadings();

  private void seen(double cacheBytes, double residentMb) {
    readings.cacheBytes(cacheBytes);
    readings.residentMb(residentMb);
  }

  private void flat(int seconds) {
    for (int i = 0; i < seconds; i++) {
      seen(BOUND - 10, 700);
    }
    readings.settled(100);
    readings.ended(101);
  }

  private Figure figure(Name name) {
    var figures = new LookupFigures("");
    readings.tell(figures, BOUND, LENGTH, "a test");
    return figures.list(true).get(List.of(Name.values()).indexOf(name));
  }

  private boolean holds(Name name) {
    return figure(name).holds();
  }

  @Test
  void memory_thatStaysFlat_holds() {
    flat(180);
    assertThat(holds(Name.SOAK_CACHE)).isTrue();
    assertThat(holds(Name.SOAK_MEMORY)).isTrue();
    assertThat(holds(Name.SOAK_HEAP)).isTrue();
  }

  @Test
  void cache_aboveItsBoundOnce_doesNotHold() {
    flat(179);
    seen(BOUND + 1, 700);
    assertThat(figure(Name.SOAK_CACHE).value()).hasValue(1.001);
    assertThat(holds(Name.SOAK_CACHE)).isFalse();
  }

  @Test
  void cache_thatWasNeverFull_isNotMeasured() {
    for (int i = 0; i < 180; i++) {
      seen(BOUND / 2.0, 700);
    }
    assertThat(figure(Name.SOAK_CACHE).value()).isEmpty();
    assertThat(figure(Name.SOAK_CACHE).note()).contains("never was full");
  }

  @Test
  void residentMemory_thatGrows_doesNotHold() {
    flat(119);
    seen(BOUND, 736);
    assertThat(holds(Name.SOAK_MEMORY)).isFalse();
  }

  @Test
  void heapInUse_thatGrows_doesNotHold_howeverFlatTheProcessIs() {
    flat(180);
    readings.ended(106);
    assertThat(holds(Name.SOAK_MEMORY)).isTrue();
    assertThat(holds(Name.SOAK_HEAP)).isFalse();
  }

  @Test
  void server_thatWasHardlyLookedAt_isNotMeasured() {
    flat(70);
    readings.missed();
    assertThat(figure(Name.SOAK_CACHE).value()).isEmpty();
    assertThat(figure(Name.SOAK_MEMORY).value()).isEmpty();
    assertThat(figure(Name.SOAK_MEMORY).note()).contains("looked at 70 times in 120 s");
  }

  @Test
  void heapInUse_thatIsNotKnown_isNotMeasured() {
    for (int i = 0; i < 180; i++) {
      seen(BOUND, 700);
    }
    readings.settled(100);
    assertThat(figure(Name.SOAK_HEAP).value()).isEmpty();
  }
}
