package dev.attune.standalone.demo;

import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A small online shop whose customers and products follow from a seed: the same seed gives the same
 * rows, whatever the day, the machine or the number of customers asked for.
 *
 * @param customers rows of the warehouse
 */
record Shop(long seed, int customers) {
  static final int CUSTOMERS_MAX = 10_000_000;

  // The shop's clock stands still, so that its warehouse does not depend on the day of the demo.
  private static final Instant OPENED = Instant.parse("2022-03-01T08:00:00Z");
  private static final Instant SNAPSHOT = Instant.parse("2026-01-31T02:00:00Z");

  private static final List<String> FIRST =
      List.of(
          "Ada", "Amir", "Anouk", "Bela", "Carlos", "Chiara", "Dario", "Eda", "Elin", "Emeka",
          "Farah", "Finn", "Greta", "Hana", "Idris", "Ines", "Jonas", "Kaito", "Lena", "Liam",
          "Mara", "Mateo", "Mia", "Noor", "Olga", "Priya", "Rosa", "Sami", "Tove", "Yara");
  private static final List<String> LAST =
      List.of(
          "Abel", "Berg", "Costa", "Dahl", "Engel", "Ferrari", "Gruber", "Haddad", "Ito", "Jansen",
          "Kowal", "Lind", "Moreau", "Novak", "Okafor", "Petit", "Quist", "Rossi", "Silva",
          "Weber");
  private static final List<List<String>> PLACES =
      List.of(
          List.of("DE", "Berlin"),
          List.of("DE", "Leipzig"),
          List.of("FR", "Lyon"),
          List.of("FR", "Nantes"),
          List.of("ES", "Valencia"),
          List.of("IT", "Bologna"),
          List.of("NL", "Utrecht"),
          List.of("SE", "Uppsala"),
          List.of("GB", "Leeds"),
          List.of("US", "Portland"));
  private static final List<String> DOMAINS = List.of("example.com", "example.org", "example.net");

  /** What the shop sells: sku, name, category and price in cents. */
  static final List<Product> PRODUCTS =
      List.of(
          new Product("mug-01", "Stoneware mug", "kitchen", 1_450),
          new Product("pan-02", "Cast-iron pan", "kitchen", 5_900),
          new Product("tea-03", "Green tea, 250 g", "pantry", 1_190),
          new Product("oil-04", "Olive oil, 1 l", "pantry", 1_680),
          new Product("rug-05", "Wool rug", "home", 18_900),
          new Product("lmp-06", "Desk lamp", "home", 7_400),
          new Product("bag-07", "Canvas bag", "travel", 3_250),
          new Product("btl-08", "Steel bottle", "travel", 2_490));

  record Product(String sku, String name, String category, int cents) {}

  Shop {
    if (customers < 1 || customers > CUSTOMERS_MAX) {
      throw new IllegalArgumentException(
          "customers: " + customers + " (expected: 1-" + CUSTOMERS_MAX + ")");
    }
  }

  /** All rows, by number. */
  Stream<Customer> rows() {
    return IntStream.rangeClosed(1, customers).mapToObj(this::customer);
  }

  /** The customer with a number from 1. */
  Customer customer(int number) {
    // A generator of its own: a row does not depend on how many there are.
    var random = new SplittableRandom(seed * 1_000_003 + number);
    String first = pick(random, FIRST);
    String last = pick(random, LAST);
    List<String> place = pick(random, PLACES);
    Instant created = between(random, OPENED, SNAPSHOT.minus(Duration.ofDays(1)));
    Instant updated = between(random, created, SNAPSHOT);
    // Most buy little, few a lot.
    double share = StrictMath.pow(random.nextDouble(), 6);
    int orders = (int) Math.round(share * 60);
    BigDecimal value =
        BigDecimal.valueOf(orders == 0 ? 0 : orders * 1_500L + random.nextInt(orders * 4_000), 2);
    return new Customer(
        number,
        (first + "." + last + number + "@" + pick(random, DOMAINS)).toLowerCase(Locale.ROOT),
        first,
        last,
        place.get(0),
        place.get(1),
        random.nextInt(10) < 7 ? "free" : random.nextInt(10) < 7 ? "plus" : "pro",
        orders == 0 ? "none" : orders < 5 ? "bronze" : orders < 20 ? "silver" : "gold",
        value,
        orders,
        random.nextInt(10) < 4,
        LocalDate.ofEpochDay(random.nextLong(-7_300, 12_700)),
        created,
        updated);
  }

  private static <T> T pick(SplittableRandom random, List<T> from) {
    return from.get(random.nextInt(from.size()));
  }

  private static Instant between(SplittableRandom random, Instant from, Instant to) {
    long seconds = Duration.between(from, to).toSeconds();
    return from.plusSeconds(seconds == 0 ? 0 : random.nextLong(seconds));
  }
}
