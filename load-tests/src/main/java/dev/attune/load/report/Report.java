package dev.attune.load.report;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The outcome of one benchmark.
 *
 * @param commit that was measured
 */
public record Report(Machine machine, String commit, List<Figure> figures) {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int NOTE_WIDTH = 96;

  public Report {
    figures = List.copyOf(figures);
  }

  /** Whether there is a figure, and every one was measured and keeps to its bound. */
  public boolean holds() {
    return !figures.isEmpty() && figures.stream().allMatch(Figure::holds);
  }

  /**
   * {@code {"machine": {...}, "commit": ..., "figures": [{"figure", "value", "unit", "bound",
   * "holds", "samples", "note"}]}}; a value that was not measured is null.
   */
  public ObjectNode json() {
    ObjectNode json = JSON.createObjectNode();
    json.putObject("machine")
        .put("cores", machine.cores())
        .put("memory_mb", machine.memoryMb())
        .put("cpu", machine.cpu())
        .put("jdk", machine.jdk())
        .put("load_average", Numbers.rounded(machine.loadAverage()));
    json.put("commit", commit);
    var list = json.putArray("figures");
    for (Figure figure : figures) {
      ObjectNode node = list.addObject();
      node.put("figure", figure.figure());
      if (figure.value().isPresent()) {
        node.put("value", Numbers.rounded(figure.value().getAsDouble()));
      } else {
        node.putNull("value");
      }
      node.put("unit", figure.unit())
          .put("bound", figure.bound().toString())
          .put("holds", figure.holds())
          .put("samples", figure.samples())
          .put("note", figure.note());
    }
    return json;
  }

  /** Writes the JSON; makes the folder. */
  public void write(Path file) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.writeString(file, json().toPrettyString() + "\n");
  }

  /** A table for people, a line each; the notes stand below it. */
  public List<String> table() {
    List<String[]> rows = new ArrayList<>();
    rows.add(new String[] {"", "figure", "value", "bound", "samples", ""});
    for (int i = 0; i < figures.size(); i++) {
      Figure figure = figures.get(i);
      rows.add(
          new String[] {
            "[" + (i + 1) + "]",
            figure.figure(),
            figure.value().isPresent() ? Numbers.text(figure.value().getAsDouble()) : "-",
            figure.bound().toString(),
            String.valueOf(figure.samples()),
            figure.holds() ? "holds" : "DOES NOT HOLD"
          });
    }
    int[] widths = new int[rows.getFirst().length];
    for (String[] row : rows) {
      for (int i = 0; i < row.length; i++) {
        widths[i] = Math.max(widths[i], row[i].length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (String[] row : rows) {
      var line = new StringBuilder();
      for (int i = 0; i < row.length; i++) {
        boolean number = i == 2 || i == 4;
        line.append(number ? " ".repeat(widths[i] - row[i].length()) : "")
            .append(row[i])
            .append(number ? "" : " ".repeat(widths[i] - row[i].length()))
            .append("  ");
      }
      lines.add(line.toString().stripTrailing());
    }
    lines.add("");
    for (int i = 0; i < figures.size(); i++) {
      lines.addAll(wrapped("[" + (i + 1) + "] ", figures.get(i).note()));
    }
    lines.add("");
    lines.add(
        machine.cores()
            + " cores, "
            + machine.memoryMb()
            + " MB, "
            + machine.cpu()
            + ", JDK "
            + machine.jdk()
            + ", load average "
            + Numbers.text(machine.loadAverage())
            + " before the run");
    lines.add("commit " + commit);
    return lines;
  }

  private static List<String> wrapped(String head, String text) {
    List<String> lines = new ArrayList<>();
    var line = new StringBuilder(head);
    for (String word : text.split(" ", -1)) {
      if (line.length() + word.length() > NOTE_WIDTH && line.length() > head.length()) {
        lines.add(line.toString().stripTrailing());
        line.setLength(0);
        line.append(" ".repeat(head.length()));
      }
      line.append(word).append(' ');
    }
    lines.add(line.toString().stripTrailing());
    return lines;
  }
}
