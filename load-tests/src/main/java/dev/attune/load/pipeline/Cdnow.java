package dev.attune.load.pipeline;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The CDNOW purchases, read here by other means than in the refresher, so that the two check each
 * other. They are moved by whole hours until the last one was a few hours ago: an audience over the
 * last 30 days then has members.
 *
 * @param file of the purchases
 * @param shift that is added to each
 */
record Cdnow(Path file, Duration shift, Map<String, List<Purchase>> purchases) {
  static final String EVENT = "Order Completed";
  static final String FILE = "CDNOW_master.txt";
  private static final Duration WINDOW = Duration.ofDays(30);

  /**
   * As long as the bench lasts nobody may leave the audience: dates flip at midnight of the shift.
   */
  private static final Duration LAST_AGE = Duration.ofHours(6);

  /**
   * One purchase.
   *
   * @param dollars as the file has them
   */
  record Purchase(Instant at, BigDecimal dollars) {}

  /**
   * Finds the file: in the folder that {@code ATTUNE_CDNOW} names, else in {@code
   * ../shared/data/cdnow} beside the repository.
   */
  static Optional<Path> find(Path root) {
    String home = System.getenv().getOrDefault("ATTUNE_CDNOW", "");
    Path folder =
        home.isEmpty()
            ? root.resolveSibling("shared").resolve("data").resolve("cdnow")
            : Path.of(home);
    Path file = folder.resolve(FILE).toAbsolutePath().normalize();
    return Files.isRegularFile(file) ? Optional.of(file) : Optional.empty();
  }

  static Cdnow read(Path file, Instant now) throws IOException {
    List<String[]> rows = new ArrayList<>();
    LocalDate last = LocalDate.MIN;
    for (String line : Files.readAllLines(file)) {
      String[] cells = line.strip().split(" +", -1);
      if (cells.length == 4 && !cells[0].equals("customer_id")) {
        rows.add(cells);
        LocalDate day = day(cells[1]);
        last = day.isAfter(last) ? day : last;
      }
    }
    Duration shift =
        Duration.between(
            last.atStartOfDay(ZoneOffset.UTC).toInstant(),
            now.minus(LAST_AGE).truncatedTo(ChronoUnit.HOURS));
    Map<String, List<Purchase>> purchases = new TreeMap<>();
    for (String[] cells : rows) {
      purchases
          .computeIfAbsent(cells[0], _ -> new ArrayList<>())
          .add(
              new Purchase(
                  day(cells[1]).atStartOfDay(ZoneOffset.UTC).toInstant().plus(shift),
                  new BigDecimal(cells[3])));
    }
    return new Cdnow(file, shift, purchases);
  }

  private static LocalDate day(String text) {
    return LocalDate.parse(text, DateTimeFormatter.BASIC_ISO_DATE);
  }

  int rows() {
    return purchases.values().stream().mapToInt(List::size).sum();
  }

  BigDecimal dollars() {
    return purchases.values().stream()
        .flatMap(List::stream)
        .map(Purchase::dollars)
        .reduce(BigDecimal.ZERO, BigDecimal::add);
  }

  /** Who bought at least twice in the 30 days before a moment. */
  List<String> frequentBuyers(Instant now) {
    return purchases.entrySet().stream()
        .filter(
            customer ->
                customer.getValue().stream()
                        .filter(purchase -> purchase.at().isAfter(now.minus(WINDOW)))
                        .count()
                    >= 2)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The events model. */
  String model() {
    return """
        name: %s
        kind: events
        source:
          files: %s
          format: csv
          csv: {delimiter: spaces}
          columns: {customer_id: string, date: date, number_of_cds: integer, dollar_value: number}
          date_format: "%%Y%%m%%d"
          query: |
            select customer_id, date::timestamp + interval '%d hours' as purchased_at, number_of_cds,
              dollar_value
            from source
        event:
          user_id: customer_id
          name: %s
          time: purchased_at
          properties: {quantity: number_of_cds, total: dollar_value}
        """
        .formatted(Definitions.MODEL, file.getFileName(), shift.toHours(), EVENT);
  }
}
