package dev.attune.load.faults;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.standalone.client.AttuneClient;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Runs of all models, one after the other, each of a snapshot or a file of its own. */
final class Runs {
  private static final String PATH = "/v1/refreshes";
  private static final Set<String> ENDED = Set.of("done", "refused", "failed");
  private static final Duration RUN_MAX = Duration.ofMinutes(3);
  private static final long LOOK_MILLIS = 2;
  private static final Duration BETWEEN_SNAPSHOTS = Duration.ofMinutes(1);

  private final Supplier<String> url;
  private final Path folder;
  private final Warehouse warehouse;
  private final Orders orders;
  private final Random random;

  /** Which tables come next; each one once before the first comes again. */
  private final Deque<Table> bag = new ArrayDeque<>();

  private final List<Begun> begun = new ArrayList<>();
  private Instant dataTime;
  private Optional<String> active = Optional.empty();

  /** A run that was begun. */
  sealed interface Begun {
    String id();

    /**
     * Of a table with a row a user.
     *
     * @param profiles that it has to write, each for a row
     */
    record OfUsers(String id, Set<String> profiles) implements Begun {}

    /**
     * Of a table with a row an address; several may be one person's.
     *
     * @param rows that it has to write
     */
    record OfAddresses(String id, int rows) implements Begun {}

    /**
     * Of the orders.
     *
     * @param prefix of the ids of its events
     * @param events that it has to send
     */
    record OfOrders(String id, String prefix, int events) implements Begun {}
  }

  /**
   * @param url of the system; asked for each request
   * @param folder where models find their files
   * @param firstDataTime of the first snapshot; each is a minute later than the one before
   */
  Runs(
      Supplier<String> url,
      Path folder,
      Warehouse warehouse,
      Orders orders,
      Random random,
      Instant firstDataTime) {
    this.url = url;
    this.folder = folder;
    this.warehouse = warehouse;
    this.orders = orders;
    this.random = random;
    this.dataTime = firstDataTime;
  }

  /** Whether one is under way, as far as was seen. */
  boolean isActive() {
    return active.isPresent();
  }

  /** Whether one is under way, and is of events of the past. */
  boolean isOfEvents() {
    return isActive() && begun.getLast() instanceof Begun.OfOrders;
  }

  /**
   * Changes a table, or makes a file of events, and begins a run of it. None may be under way.
   *
   * @param events of the past
   */
  void begin(boolean events) throws IOException, InterruptedException {
    dataTime = dataTime.plus(BETWEEN_SNAPSHOTS);
    if (events) {
      String prefix = orders.next(folder);
      String id = begin(Orders.MODEL);
      begun.add(new Begun.OfOrders(id, prefix, orders.batchSize()));
    } else {
      begin(nextTable());
    }
    active = Optional.of(begun.getLast().id());
  }

  private Table nextTable() {
    if (bag.isEmpty()) {
      List<Table> tables = new ArrayList<>(warehouse.tables());
      // Most kills fall into the one that says most of people.
      tables.add(warehouse.customers());
      Collections.shuffle(tables, random);
      bag.addAll(tables);
    }
    return bag.remove();
  }

  private void begin(Table table) throws IOException, InterruptedException {
    int rows = table.next(folder, dataTime);
    String id = begin(table.model());
    Begun run =
        switch (table) {
          case Customers customers -> new Begun.OfUsers(id, customers.written());
          case Members members -> new Begun.OfUsers(id, members.written());
          case Households _, Consents _ -> new Begun.OfAddresses(id, rows);
        };
    begun.add(run);
  }

  /** Waits for the run under way, then makes one of each table that there was none of so far. */
  void complete() throws IOException, InterruptedException {
    finish();
    for (Table table : warehouse.tables()) {
      if (begunOf(table.model())) {
        continue;
      }
      dataTime = dataTime.plus(BETWEEN_SNAPSHOTS);
      begin(table);
      active = Optional.of(begun.getLast().id());
      finish();
    }
  }

  private boolean begunOf(String model) {
    return begun.stream().anyMatch(run -> run.id().startsWith(model + "-"));
  }

  private String begin(String model) throws InterruptedException {
    return post(AttuneClient.JSON.createObjectNode().put("model", model)).path("id").asText();
  }

  private JsonNode post(JsonNode request) throws InterruptedException {
    try (AttuneClient client = new AttuneClient(url.get())) {
      return client.post(PATH, request).orComplain();
    }
  }

  /**
   * Waits until the run under way is in a state and has written a share of its rows. False when it
   * was through, or beyond that state, before that was seen.
   *
   * @param share 0 to 1
   */
  boolean awaitState(String state, double share) throws InterruptedException {
    String id = active.orElseThrow();
    List<String> order = List.of("planned", "reading", "diffing", "writing");
    long deadline = System.nanoTime() + RUN_MAX.toNanos();
    try (AttuneClient client = new AttuneClient(url.get())) {
      while (true) {
        JsonNode run = client.get(PATH + "/" + id).orComplain();
        String now = run.path("state").asText();
        if (ENDED.contains(now)) {
          active = Optional.empty();
          return false;
        }
        if (order.indexOf(now) > order.indexOf(state)) {
          return false;
        }
        if (now.equals(state)
            && run.path("written").asDouble() >= share * run.path("total").asDouble()) {
          return true;
        }
        look(id, deadline);
      }
    }
  }

  /** Waits for the end of the run under way, if there is one. */
  void finish() throws InterruptedException {
    if (active.isPresent()) {
      var _ = await(active.get());
      active = Optional.empty();
    }
  }

  private JsonNode await(String id) throws InterruptedException {
    long deadline = System.nanoTime() + RUN_MAX.toNanos();
    try (AttuneClient client = new AttuneClient(url.get())) {
      while (true) {
        JsonNode run = client.get(PATH + "/" + id).orComplain();
        if (ENDED.contains(run.path("state").asText())) {
          return run;
        }
        look(id, deadline);
      }
    }
  }

  private static void look(String id, long deadline) throws InterruptedException {
    if (System.nanoTime() > deadline) {
      throw new IllegalStateException("the run " + id + " did not end within " + RUN_MAX);
    }
    TimeUnit.MILLISECONDS.sleep(LOOK_MILLIS);
  }

  /** All that were begun, in order. */
  List<Begun> begun() {
    return List.copyOf(begun);
  }

  /**
   * What is wrong with runs that have ended, a sentence each: one that is not done, one that gave
   * up rows, a table of which a run would write anything still.
   */
  List<String> problems() throws InterruptedException {
    List<String> problems = new ArrayList<>();
    for (Begun run : begun) {
      JsonNode ended = await(run.id());
      if (!ended.path("state").asText().equals("done") || ended.path("bad_rows").asLong() > 0) {
        problems.add("the run " + run.id() + " is " + ended);
      }
    }
    List<String> models =
        Stream.concat(warehouse.tables().stream().map(Table::model), Stream.of(Orders.MODEL))
            .filter(this::begunOf)
            .toList();
    for (String model : models) {
      JsonNode request =
          AttuneClient.JSON.createObjectNode().put("model", model).put("dry_run", true);
      JsonNode compared = await(post(request).path("id").asText());
      if (!compared.path("state").asText().equals("done") || compared.path("total").asLong() > 0) {
        problems.add("after its last run, a run of " + model + " would write: " + compared);
      }
    }
    return problems;
  }
}
