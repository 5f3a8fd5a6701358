package dev.attune.load.report;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * Latencies over percentiles as an SVG: each further step to the right is a tenth of what is left,
 * so that the tail, where people wait, has room.
 */
public final class PercentilePlot {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 480;
  private static final int LEFT = 70;
  private static final int RIGHT = 30;
  private static final int TOP = 50;
  private static final int BOTTOM = 90;
  private static final int LEGENDS_A_ROW = 3;
  private static final int LEGEND_HEIGHT = 40;
  private static final double NINES_MAX = 3.5;
  private static final int POINTS = 280;
  private static final List<String> COLOURS =
      List.of("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf");

  private final String title;
  private final List<Series> series = new ArrayList<>();

  public PercentilePlot(String title) {
    this.title = title;
  }

  /**
   * @param boundMillis 0: there is none
   */
  private record Series(String name, Histogram micros, double boundMillis) {}

  /** Adds a curve without a bound. */
  public PercentilePlot add(String name, Histogram micros) {
    return add(name, micros, 0);
  }

  /**
   * Adds a curve.
   *
   * @param micros may be empty: then it is left out
   * @param boundMillis of the 99th percentile, drawn as a mark
   */
  public PercentilePlot add(String name, Histogram micros, double boundMillis) {
    if (micros.getTotalCount() > 0) {
      series.add(new Series(name, micros, boundMillis));
    }
    return this;
  }

  /** Writes it; makes the folder. */
  public void write(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, svg());
  }

  String svg() {
    double top = 10;
    for (Series each : series) {
      top =
          Math.max(
              top,
              Math.max(
                  each.boundMillis(),
                  each.micros().getValueAtPercentile(percentile(NINES_MAX)) / 1_000.0));
    }
    top = nice(top * 1.05);
    int height = HEIGHT + Math.max(0, series.size() - 1) / LEGENDS_A_ROW * LEGEND_HEIGHT;
    var svg = new StringBuilder();
    add(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\""
            + " font-family=\"sans-serif\" font-size=\"13\">",
        WIDTH,
        height);
    add(svg, "<rect width=\"%d\" height=\"%d\" fill=\"white\"/>", WIDTH, height);
    add(svg, "<text x=\"%d\" y=\"28\" font-size=\"17\">%s</text>", LEFT, escaped(title));
    axes(svg, top);
    for (int i = 0; i < series.size(); i++) {
      curve(svg, series.get(i), COLOURS.get(i % COLOURS.size()), i, top);
    }
    return svg.append("</svg>\n").toString();
  }

  private static void axes(StringBuilder svg, double top) {
    for (int i = 0; i <= 5; i++) {
      double millis = top * i / 5;
      add(
          svg,
          "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ddd\"/>",
          LEFT,
          y(millis, top),
          WIDTH - RIGHT,
          y(millis, top));
      add(
          svg,
          "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s ms</text>",
          LEFT - 8,
          y(millis, top) + 4,
          Numbers.text(millis));
    }
    for (double percentile : new double[] {0, 50, 90, 99, 99.9}) {
      double x = x(-Math.log10(1 - percentile / 100));
      add(
          svg,
          "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#ddd\"/>",
          x,
          TOP,
          x,
          HEIGHT - BOTTOM);
      add(
          svg,
          "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>",
          x,
          HEIGHT - BOTTOM + 18,
          percentile == 0 ? "min" : "p" + Numbers.text(percentile));
    }
  }

  private static void curve(
      StringBuilder svg, Series series, String colour, int number, double top) {
    var points = new StringBuilder();
    for (int i = 0; i <= POINTS; i++) {
      double nines = NINES_MAX * i / POINTS;
      double millis = series.micros().getValueAtPercentile(percentile(nines)) / 1_000.0;
      points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(nines), y(millis, top)));
    }
    add(
        svg,
        "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>",
        points.toString().strip(),
        colour);
    if (series.boundMillis() > 0) {
      double bound = y(series.boundMillis(), top);
      add(
          svg,
          "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"4\"/>",
          x(2) - 14,
          bound,
          x(2) + 14,
          bound,
          colour);
    }
    legend(svg, series, colour, number);
  }

  private static void legend(StringBuilder svg, Series series, String colour, int number) {
    int x = LEFT + number % LEGENDS_A_ROW * (WIDTH - LEFT - RIGHT) / LEGENDS_A_ROW;
    int y = HEIGHT - BOTTOM + 46 + number / LEGENDS_A_ROW * LEGEND_HEIGHT;
    add(svg, "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"4\" fill=\"%s\"/>", x, y - 6, colour);
    add(svg, "<text x=\"%d\" y=\"%d\">%s</text>", x + 20, y, escaped(series.name()));
    String bound =
        series.boundMillis() > 0
            ? " (bar: at most " + Numbers.text(series.boundMillis()) + ")"
            : "";
    add(
        svg,
        "<text x=\"%d\" y=\"%d\" fill=\"#555\">p99 %s ms%s</text>",
        x + 20,
        y + 18,
        Numbers.text(series.micros().getValueAtPercentile(99) / 1_000.0),
        bound);
  }

  private static double percentile(double nines) {
    return 100 * (1 - Math.pow(10, -nines));
  }

  private static double x(double nines) {
    return LEFT + nines / NINES_MAX * (WIDTH - LEFT - RIGHT);
  }

  private static double y(double millis, double top) {
    return HEIGHT - BOTTOM - Math.min(millis, top) / top * (HEIGHT - TOP - BOTTOM);
  }

  // The next of 1, 2, 2.5, 5 and their multiples by ten.
  private static double nice(double value) {
    double power = Math.pow(10, Math.floor(Math.log10(value)));
    for (double step : new double[] {1, 2, 2.5, 5}) {
      if (value <= step * power) {
        return step * power;
      }
    }
    return 10 * power;
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  @FormatMethod
  private static void add(StringBuilder svg, @FormatString String format, Object... arguments) {
    svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }
}
