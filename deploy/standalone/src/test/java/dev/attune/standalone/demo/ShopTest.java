package dev.attune.standalone.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.DriverManager;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShopTest {
  @Test
  void sameSeed_givesTheSameRowsOnEveryMachine() throws Exception {
    assertThat(digest(new Shop(42, 1_000)))
        .isEqualTo(digest(new Shop(42, 1_000)))
        .isEqualTo("b8347ddfb777a23e");
    assertThat(digest(new Shop(43, 1_000))).isNotEqualTo(digest(new Shop(42, 1_000)));
  }

  @Test
  void moreCustomers_leaveTheFirstOnesAsTheyAre() {
    assertThat(new Shop(42, 1_000_000).customer(7)).isEqualTo(new Shop(42, 7).customer(7));
  }

  @Test
  void customers_areInventedAndDiffer() {
    Set<String> emails = new HashSet<>();
    new Shop(42, 5_000)
        .rows()
        .forEach(
            customer -> {
              assertThat(emails.add(customer.email())).isTrue();
              assertThat(customer.email()).matches("[a-z.0-9]+@example\\.(com|org|net)");
              assertThat(customer.updatedAt()).isBetween(customer.createdAt(), Instant.now());
            });
  }

  @Test
  void noCustomers_areRefused() {
    assertThatThrownBy(() -> new Shop(42, 0)).hasMessageContaining("expected: 1-");
  }

  @Test
  void warehouse_holdsEveryRow(@TempDir Path folder) throws Exception {
    // A quote in a folder's name must not end the SQL string.
    Path file = folder.resolve("it's.parquet");
    List<Long> heard = new ArrayList<>();
    Warehouse.write(new Shop(42, 2_500), file, heard::add);

    assertThat(heard).containsExactly(1_000L, 2_000L, 2_500L);
    try (var connection = DriverManager.getConnection("jdbc:duckdb:");
        var query =
            connection.prepareStatement(
                "SELECT count(DISTINCT customer_id), min(updated_at) > min(created_at) FROM read_parquet(?)")) {
      query.setString(1, file.toString());
      var row = query.executeQuery();
      assertThat(row.next()).isTrue();
      assertThat(row.getLong(1)).isEqualTo(2_500);
      assertThat(row.getBoolean(2)).isTrue();
    }
  }

  @Test
  void visits_areTheSameForTheSameSeed() {
    assertThat(events(new Shop(42, 100))).isEqualTo(events(new Shop(42, 100)));
    assertThat(events(new Shop(43, 100))).isNotEqualTo(events(new Shop(42, 100)));
  }

  @Test
  void visits_beginAsStrangersAndHaveIdsOfTheirOwn() {
    var visits = new Visits(new Shop(42, 100));
    Set<String> known = new HashSet<>();
    Set<String> messages = new HashSet<>();
    Set<String> kinds = new HashSet<>();
    for (int i = 0; i < 2_000; i++) {
      var event = visits.next(Instant.EPOCH);
      assertThat(messages.add(event.get("messageId").asText())).isTrue();
      kinds.add(event.path("event").asText(event.get("type").asText()));
      String visitor = event.get("anonymousId").asText();
      if (event.get("type").asText().equals("identify")) {
        known.add(visitor);
      } else {
        assertThat(event.has("userId")).isEqualTo(known.contains(visitor));
      }
    }
    assertThat(kinds)
        .contains("page", "identify", "Product Viewed", "Product Added", "Order Completed");
  }

  private static List<String> events(Shop shop) {
    var visits = new Visits(shop);
    List<String> events = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      events.add(visits.next(Instant.EPOCH).toString());
    }
    return events;
  }

  private static String digest(Shop shop) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    shop.rows().forEach(row -> digest.update(row.toString().getBytes(StandardCharsets.UTF_8)));
    return HexFormat.of().formatHex(digest.digest(), 0, 8);
  }
}
