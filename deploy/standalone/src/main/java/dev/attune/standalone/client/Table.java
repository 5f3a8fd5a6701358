package dev.attune.standalone.client;

import java.util.ArrayList;
import java.util.List;

/** Rows in columns as wide as they need to be. */
final class Table {
  private final List<List<String>> rows = new ArrayList<>();

  Table row(String... cells) {
    rows.add(List.of(cells));
    return this;
  }

  List<String> lines() {
    int columns = rows.stream().mapToInt(List::size).max().orElse(0);
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      // A row's last cell ends its line and need not fit the column.
      for (int i = 0; i < row.size() - 1; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    List<String> lines = new ArrayList<>();
    for (List<String> row : rows) {
      var line = new StringBuilder();
      for (int i = 0; i < row.size(); i++) {
        line.append(row.get(i))
            .append(" ".repeat(Math.max(0, widths[i] - row.get(i).length()) + 2));
      }
      lines.add(line.toString().stripTrailing());
    }
    return lines;
  }
}
