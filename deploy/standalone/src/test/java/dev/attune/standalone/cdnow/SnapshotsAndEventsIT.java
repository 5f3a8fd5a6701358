package dev.attune.standalone.cdnow;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.Membership;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileServiceGrpc;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import dev.attune.standalone.Main;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.standalone.terminal.Terminal;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.Period;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Real purchases told twice: as totals in a warehouse's snapshot at the end of each of 18 months,
 * and one by one as events, under the person's id or their browser's, some of them twice, in any
 * order, while the snapshots are applied. In the end everybody's totals, what they said last and
 * the count of their events are those of one SQL query over all purchases.
 *
 * <p>Set {@code -Dattune.seed} to repeat a failure, {@code -Dattune.cdnow.share=1} to take
 * everybody instead of every so many-th customer.
 */
@Timeout(420)
class SnapshotsAndEventsIT {
  private static final Duration DEADLINE = Duration.ofMinutes(3);
  private static final YearMonth FIRST = YearMonth.of(1997, 1);
  private static final int MONTHS = 18;
  private static final LocalDate LAST = LocalDate.of(1998, 6, 30);
  private static final List<Integer> THRESHOLDS = List.of(1, 2, 3, 4, 5, 7, 10, 20);
  private static final int BATCH_MAX = 200;
  private static final Set<Status.Code> NOT_YET =
      Set.of(Status.Code.NOT_FOUND, Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED);

  @TempDir Path folder;
  private final HttpClient http = HttpClient.newHttpClient();

  /** Dates are moved by as much: yesterday somebody bought last. */
  private final Period shift =
      Period.ofDays(
          (int) ChronoUnit.DAYS.between(LAST, LocalDate.now(ZoneOffset.UTC).minusDays(1)));

  /** One row of the file. */
  private record Purchase(String customer, LocalDate day, double dollars) {}

  /** What somebody must have come to. */
  private record Expected(
      long orders, double total, long counted, String city, Set<String> audiences) {}

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void monthlyTotalsAmongEvents_comeToWhatSqlSays(boolean eventsFirst) throws Exception {
    long seed = Long.getLong("attune.seed", new Random().nextLong());
    int share = Integer.getInteger("attune.cdnow.share", 20);
    List<Purchase> purchases = purchases(share);
    assertThat(purchases).hasSizeGreaterThan(1_000);
    Map<String, Expected> expected = expected(share);
    // Counts between the thresholds, which no audience tells apart.
    assertThat(expected.values()).anyMatch(own -> !THRESHOLDS.contains((int) own.counted()));
    Path config =
        Files.writeString(folder.resolve("config.yaml"), "models: {root: %s}%n".formatted(folder));
    StandaloneConfig settings =
        StandaloneConfig.read(config, folder.resolve("data"))
            .withPorts(StandaloneConfig.Ports.FREE)
            .withDataDir(folder.resolve("data"));
    try (Standalone standalone = Standalone.start(settings)) {
      define(standalone.url());
      interleave(standalone.url(), purchases, new Random(seed), eventsFirst);
      check(standalone, expected);
    } catch (AssertionError | Exception e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  private static List<Purchase> purchases(int share) throws Exception {
    List<Purchase> purchases = new ArrayList<>();
    Purchases.find()
        .query(
            """
            select customer || ' ' || row_number() over (), day || ' ' || dollars from purchases
            where hash(customer) %% %d = 0
            """
                .formatted(share))
        .forEach(
            (who, what) -> {
              String[] cells = what.split(" ", -1);
              purchases.add(
                  new Purchase(
                      who.substring(0, who.indexOf(' ')),
                      LocalDate.parse(cells[0]),
                      Double.parseDouble(cells[1])));
            });
    return purchases;
  }

  private void define(String url) throws Exception {
    Path definitions = Files.createDirectories(folder.resolve("definitions"));
    for (String sub : List.of("models", "traits", "audiences")) {
      Files.createDirectories(definitions.resolve(sub));
    }
    Files.writeString(
        definitions.resolve("catalog.yaml"),
        """
        namespaces: {user_id: {unique: true}, anonymous_id: {max: 50}}
        traits:
          orders: {type: integer}
          total: {type: number}
          city: {type: string}
        """);
    Files.writeString(
        definitions.resolve("models/totals.yaml"),
        """
        name: totals
        kind: profiles
        source: {files: totals.csv, format: csv}
        key: {namespace: user_id, column: customer}
        traits: {orders: orders, total: total}
        guards: {rows_off: 1000%}
        """);
    Files.writeString(
        definitions.resolve("traits/counted.yaml"),
        "name: counted\nevent: Order Completed\ncount: true\nwithin: 600d\n");
    for (int least : THRESHOLDS) {
      Files.writeString(
          definitions.resolve("audiences/orders-" + least + ".yaml"),
          """
          name: orders-%d
          when: {event: Order Completed, count: ">= %d", within: 600d}
          """
              .formatted(least, least));
    }
    run(url, "apply", definitions.toString());
  }

  private static String run(String url, String... command) {
    var bytes = new ByteArrayOutputStream();
    var stream = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of("--server", url));
    int code = Main.commands(Terminal.plain(stream, stream)).execute(all.toArray(String[]::new));
    String output = bytes.toString(StandardCharsets.UTF_8);
    assertThat(code).as(output).isZero();
    return output;
  }

  private void interleave(String url, List<Purchase> purchases, Random random, boolean eventsFirst)
      throws Exception {
    List<ObjectNode> events = events(purchases, random);
    List<List<ObjectNode>> parts = new ArrayList<>();
    for (int month = 0; month < MONTHS; month++) {
      parts.add(new ArrayList<>());
    }
    // An event may come before the snapshot that counts it, or a year behind it.
    events.forEach(event -> parts.get(random.nextInt(MONTHS)).add(event));
    for (int month = 0; month < MONTHS; month++) {
      snapshot(purchases, FIRST.plusMonths(month).atEndOfMonth());
      List<ObjectNode> part = parts.get(month);
      int before = eventsFirst ? part.size() / 2 : 0;
      send(url, part.subList(0, before), random);
      Thread sender =
          Thread.ofVirtual().start(() -> send(url, part.subList(before, part.size()), random));
      run(url, "refresh", "totals");
      sender.join();
    }
  }

  /** The table as of the end of that day. */
  private void snapshot(List<Purchase> purchases, LocalDate day) throws Exception {
    StringBuilder rows = new StringBuilder("customer,orders,total\n");
    byCustomer(purchases.stream().filter(p -> !p.day().isAfter(day)).toList())
        .forEach(
            (customer, own) ->
                rows.append(
                    String.format(Locale.ROOT, "%s,%d,%.2f%n", customer, own.size(), total(own))));
    Path file = folder.resolve("totals.csv");
    Files.writeString(file, rows);
    Files.setLastModifiedTime(file, FileTime.from(at(day.plusDays(1))));
  }

  private Instant at(LocalDate day) {
    return day.plus(shift).atStartOfDay(ZoneOffset.UTC).toInstant();
  }

  private static Map<String, List<Purchase>> byCustomer(List<Purchase> purchases) {
    return purchases.stream()
        .collect(Collectors.groupingBy(Purchase::customer, TreeMap::new, Collectors.toList()));
  }

  private static double total(List<Purchase> purchases) {
    double sum = purchases.stream().mapToDouble(Purchase::dollars).sum();
    return Double.parseDouble(String.format(Locale.ROOT, "%.2f", sum));
  }

  /** Who moves to another city with each month in which they buy, and says so. */
  private static String city(LocalDate day) {
    return "city-" + YearMonth.from(day);
  }

  private List<ObjectNode> events(List<Purchase> purchases, Random random) {
    List<ObjectNode> events = new ArrayList<>();
    byCustomer(purchases)
        .forEach(
            (customer, own) -> {
              for (int i = 0; i < own.size(); i++) {
                Purchase purchase = own.get(i);
                ObjectNode order = event("track", customer + "-" + i, at(purchase.day()));
                order.put("event", "Order Completed");
                order.putObject("properties").put("total", purchase.dollars());
                if (random.nextBoolean()) {
                  order.put("userId", customer);
                } else {
                  order.put("anonymousId", "browser-" + customer);
                }
                events.add(order);
                if (random.nextInt(10) == 0) {
                  events.add(order);
                }
              }
              Set<YearMonth> months = new TreeSet<>();
              own.forEach(purchase -> months.add(YearMonth.from(purchase.day())));
              for (YearMonth month : months) {
                ObjectNode said =
                    event("identify", customer + "-" + month, at(month.atDay(1)))
                        .put("userId", customer)
                        .put("anonymousId", "browser-" + customer);
                said.putObject("traits").put("city", city(month.atDay(1)));
                events.add(said);
              }
            });
    Collections.shuffle(events, random);
    return events;
  }

  private static ObjectNode event(String type, String id, Instant at) {
    return AttuneClient.JSON
        .createObjectNode()
        .put("type", type)
        .put("messageId", type + "-" + id)
        .put("timestamp", at.toString());
  }

  private void send(String url, List<ObjectNode> events, Random random) {
    for (int from = 0; from < events.size(); ) {
      int to = Math.min(events.size(), from + 1 + random.nextInt(BATCH_MAX));
      ObjectNode body = AttuneClient.JSON.createObjectNode();
      ArrayNode batch = body.putArray("batch");
      events.subList(from, to).forEach(batch::add);
      try {
        HttpResponse<String> response =
            http.send(
                HttpRequest.newBuilder(URI.create(url + "/v1/batch"))
                    .timeout(DEADLINE)
                    .POST(HttpRequest.BodyPublishers.ofString(body.toString()))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
      } catch (IOException | InterruptedException e) {
        throw new IllegalStateException(e);
      }
      from = to;
    }
  }

  /** What SQL says, without a line of Java that adds or counts. */
  private static Map<String, Expected> expected(int share) throws Exception {
    Map<String, Expected> expected = new TreeMap<>();
    Purchases.find()
        .query(
            """
            select customer, concat_ws(' ', count(*), sum(dollars::decimal(9, 2)),
              'city-' || strftime(max(day), '%%Y-%%m'),
              list_transform(list_filter(%s, least -> least <= count(*)), n -> 'orders-' || n))
            from purchases where hash(customer) %% %d = 0 group by customer
            """
                .formatted(THRESHOLDS, share))
        .forEach(
            (customer, said) -> {
              String[] cells = said.split(" ", 4);
              long count = Long.parseLong(cells[0]);
              String audiences = cells[3].substring(1, cells[3].length() - 1);
              expected.put(
                  customer,
                  new Expected(
                      count,
                      Double.parseDouble(cells[1]),
                      count,
                      cells[2],
                      new TreeSet<>(List.of(audiences.split(", ", -1)))));
            });
    return expected;
  }

  private void check(Standalone standalone, Map<String, Expected> expected) throws Exception {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", standalone.ports().grpc())
            .usePlaintext()
            .build();
    try {
      var lookups = ProfileServiceGrpc.newBlockingStub(channel);
      long deadline = System.nanoTime() + DEADLINE.toNanos();
      Map<String, Expected> found = Map.of();
      while (!found.equals(expected) && System.nanoTime() < deadline) {
        found = new TreeMap<>();
        for (String customer : expected.keySet()) {
          Optional<Profile> profile = profile(lookups, customer);
          if (profile.isPresent()) {
            found.put(customer, known(profile.get()));
          }
        }
      }
      assertThat(found).isEqualTo(expected);
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  private static Optional<Profile> profile(
      ProfileServiceGrpc.ProfileServiceBlockingStub lookups, String customer) {
    try {
      return Optional.of(
          lookups
              .withDeadlineAfter(20, TimeUnit.SECONDS)
              .getProfile(
                  GetProfileRequest.newBuilder()
                      .setIdentifier(new Identifier("user_id", customer).toProto())
                      .build())
              .getProfile());
    } catch (StatusRuntimeException e) {
      // Not yet, or not in time on a busy machine: they are all asked again.
      if (NOT_YET.contains(e.getStatus().getCode())) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private static Expected known(Profile profile) {
    Map<String, Value> traits =
        profile.getTraitsList().stream().collect(Collectors.toMap(Trait::getName, Trait::getValue));
    Value none = Value.getDefaultInstance();
    return new Expected(
        traits.getOrDefault("orders", none).getInteger(),
        traits.getOrDefault("total", none).getNumber(),
        traits.getOrDefault("counted", none).getInteger(),
        traits.getOrDefault("city", none).getText(),
        profile.getAudiencesList().stream()
            .map(Membership::getAudience)
            .collect(Collectors.toCollection(TreeSet::new)));
  }
}
