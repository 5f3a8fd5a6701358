package dev.attune.load.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  private static final Machine MACHINE = new Machine(2, 8_000, "A CPU", "25", 0.25);
  private static final Figure UP =
      Figure.of("`up` until ready, s", 7.25049, "s", Bound.atMost(15), 1, "first start");
  private static final Figure THROUGHPUT =
      Figure.of("a -> b, events/s", 1_999.6, "events/s", Bound.atLeast(2_000), 69_659, "");

  @Test
  void json_hasWhatReadersOfItLookFor() throws Exception {
    JsonNode json = new Report(MACHINE, "abc-dirty", List.of(UP, THROUGHPUT)).json();

    // Read again: decimals of a tree compare by their type.
    assertThat(JsonMapper.builder().build().readTree(json.toString()))
        .isEqualTo(
            JsonMapper.builder()
                .build()
                .readTree(
                    """
                    {"machine": {"cores": 2, "memory_mb": 8000, "cpu": "A CPU", "jdk": "25",
                                 "load_average": 0.25},
                     "commit": "abc-dirty",
                     "figures": [
                       {"figure": "`up` until ready, s", "value": 7.25, "unit": "s",
                        "bound": "at most 15", "holds": true, "samples": 1, "note": "first start"},
                       {"figure": "a -> b, events/s", "value": 2000, "unit": "events/s",
                        "bound": "at least 2000", "holds": false, "samples": 69659, "note": ""}]}
                    """));
  }

  @Test
  void bound_isHeldByItself_andByNothingBeyondIt() {
    assertThat(figure(150, Bound.atMost(150)).holds()).isTrue();
    assertThat(figure(150.001, Bound.atMost(150)).holds()).isFalse();
    assertThat(figure(2_000, Bound.atLeast(2_000)).holds()).isTrue();
    assertThat(figure(1_999.99, Bound.atLeast(2_000)).holds()).isFalse();
    assertThat(figure(Double.NaN, Bound.atMost(150)).holds()).isFalse();
    assertThat(figure(Double.NaN, Bound.atLeast(150)).holds()).isFalse();
    assertThat(figure(1, Bound.none()).holds()).isTrue();
    assertThat(figure(Double.NaN, Bound.none()).holds()).isFalse();
    assertThat(Bound.none()).hasToString("none");
  }

  @Test
  void figureThatWasNotMeasured_doesNotHoldAndHasNoValue() {
    Figure absent = Figure.notMeasured("CDNOW", "events/s", Bound.atLeast(0), "no file");
    Report report = new Report(MACHINE, "abc", List.of(UP, absent));

    assertThat(report.holds()).isFalse();
    JsonNode figure = report.json().path("figures").get(1);
    assertThat(figure.get("value").isNull()).isTrue();
    assertThat(figure.get("holds").booleanValue()).isFalse();
    assertThat(figure.get("note").textValue()).isEqualTo("NOT MEASURED: no file");
  }

  @Test
  void report_holdsWhenAllDo_andNotWhenThereAreNone() {
    assertThat(new Report(MACHINE, "abc", List.of(UP)).holds()).isTrue();
    assertThat(new Report(MACHINE, "abc", List.of(UP, THROUGHPUT)).holds()).isFalse();
    // A benchmark that measured nothing has proved nothing.
    assertThat(new Report(MACHINE, "abc", List.of()).holds()).isFalse();
  }

  @Test
  void table_showsEachFigureWithItsVerdictAndNote() {
    assertThat(new Report(MACHINE, "abc", List.of(UP, THROUGHPUT)).table())
        .anyMatch(line -> line.matches("\\[1] +`up` until ready, s +7\\.25 +at most 15 +1 +holds"))
        .anyMatch(line -> line.matches("\\[2] +a -> b, events/s .* DOES NOT HOLD"))
        .contains("[1] first start", "commit abc");
  }

  @Test
  void write_makesTheFolder(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("target/bench/x.json");
    new Report(MACHINE, "abc", List.of(UP)).write(file);
    assertThat(Files.readString(file)).startsWith("{").endsWith("}\n");
  }

  @Test
  void note_ofTwoLines_isRefused() {
    assertThatThrownBy(() -> Figure.of("f", 1, "s", Bound.atMost(1), 1, "a\nb"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void plot_showsEachCurveThatHasValues() {
    Histogram micros = new Histogram(3);
    for (int i = 1; i <= 1_000; i++) {
      micros.recordValue(i * 100L);
    }
    String svg =
        new PercentilePlot("events -> lookups")
            .add("visible", micros, 150)
            .add("empty", new Histogram(3), 500)
            .svg();
    assertThat(svg).contains("events -&gt; lookups", ">visible<", "p99 99").doesNotContain("empty");
    assertThat(svg.split("<polyline", -1)).hasSize(2);
  }

  @Test
  void plot_ofMoreCurvesThanARowHasRoomFor_namesThemInRows_andBarsOnlyBounds() {
    Histogram micros = new Histogram(3);
    micros.recordValue(1_000);
    PercentilePlot plot = new PercentilePlot("many").add("bounded", micros, 7);
    for (int i = 0; i < 4; i++) {
      plot.add("free " + i, micros);
    }
    String svg = plot.svg();
    assertThat(svg).contains("viewBox=\"0 0 900 520\"", ">free 3<", "(bar: at most 7)");
    assertThat(svg.split("at most", -1)).hasSize(2);
    assertThat(svg.split("stroke-width=\"4\"", -1)).hasSize(2);
  }

  private static Figure figure(double value, Bound bound) {
    return Figure.of("f", value, "ms", bound, 1, "");
  }
}
