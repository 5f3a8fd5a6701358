package dev.attune.testkit;

import dev.attune.embedded.PortTakenException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * A real Redis Cluster for tests, on loopback: three masters, each with a replica, which takes over
 * about two seconds after its master has gone. Tests share one and keep apart by unique prefixes; a
 * test that breaks it starts its own.
 */
public final class RedisClusterBackend implements AutoCloseable {
  public static final int SLOTS = 16_384;

  private static final int MASTERS = 3;
  private static final int NODES = 2 * MASTERS;

  /** The nodes talk to each other on the port that is so much higher. */
  private static final int BUS_OFFSET = 10_000;

  private static final int PORT_MAX = 65_535 - BUS_OFFSET;
  private static final int PORT_ATTEMPTS_MAX = 1_000;
  private static final int START_ATTEMPTS_MAX = 5;
  private static final Duration WAIT_MAX = Duration.ofSeconds(60);
  private static final List<String> OPTIONS =
      List.of(
          "--cluster-enabled",
          "yes",
          "--cluster-node-timeout",
          "1000",
          "--cluster-replica-validity-factor",
          "0",
          "--repl-diskless-sync-delay",
          "0");

  private final List<RedisBackend> nodes = new ArrayList<>();

  private RedisClusterBackend() {}

  /** The one of this JVM, started when first asked for and stopped with it. Not to be broken. */
  public static RedisClusterBackend shared() {
    return Shared.REDIS_CLUSTER.get();
  }

  /** One of the test's own, with no data. */
  public static RedisClusterBackend start() {
    return start(NODES, _ -> OPTIONS);
  }

  /**
   * Three masters without replicas, behind something that clients have to go through: a replica
   * would have to, too.
   *
   * @param announced makes it for the port of a node, and says the port that clients are told
   */
  public static RedisClusterBackend startBehind(IntUnaryOperator announced) {
    return start(
        MASTERS,
        port -> {
          List<String> options = new ArrayList<>(OPTIONS);
          options.add("--cluster-announce-port");
          options.add(String.valueOf(announced.applyAsInt(port)));
          return options;
        });
  }

  private static RedisClusterBackend start(int nodes, IntFunction<List<String>> options) {
    var cluster = new RedisClusterBackend();
    try {
      for (int i = 0; i < nodes; i++) {
        cluster.nodes.add(startNode(options));
      }
      cluster.join();
      return cluster;
    } catch (RuntimeException | AssertionError e) {
      cluster.close();
      throw e;
    }
  }

  private static RedisBackend startNode(IntFunction<List<String>> options) {
    for (int attempt = 1; ; attempt++) {
      try {
        int port = freePort();
        return new LocalRedis(port, options.apply(port));
      } catch (IllegalStateException | PortTakenException e) {
        if (attempt == START_ATTEMPTS_MAX) { // somebody may have been faster at one of the ports
          throw e;
        }
      }
    }
  }

  private void join() {
    for (int i = 0; i < nodes.size(); i++) {
      ask(i, "CLUSTER SET-CONFIG-EPOCH " + (i + 1));
      if (i < MASTERS) {
        List<String> slots = new ArrayList<>(List.of("CLUSTER", "ADDSLOTS"));
        IntStream.range(i * SLOTS / MASTERS, (i + 1) * SLOTS / MASTERS)
            .forEach(slot -> slots.add(String.valueOf(slot)));
        RedisTalk.ask(port(i), slots);
      }
      if (i > 0) {
        ask(0, "CLUSTER MEET 127.0.0.1 " + port(i));
      }
    }
    for (int i = 0; i < nodes.size(); i++) {
      int node = i;
      Await.until(
          WAIT_MAX,
          "a node does not know the others",
          () ->
              ask(node, "CLUSTER NODES").lines().filter(RedisClusterBackend::isMet).count()
                  == nodes.size());
    }
    for (int i = MASTERS; i < nodes.size(); i++) {
      ask(i, "CLUSTER REPLICATE " + id(i - MASTERS));
    }
    awaitHealthy();
  }

  private static boolean isMet(String line) {
    return !line.contains("handshake");
  }

  /** Ports of the nodes, those of the first masters first. */
  public List<Integer> ports() {
    return nodes.stream().map(RedisBackend::port).toList();
  }

  /** The process of a node, to be killed, paused, resumed and restarted; by its place. */
  public RedisBackend node(int node) {
    return nodes.get(node);
  }

  /** The place of the node that serves a slot, as most of the living nodes say. */
  public int masterOf(int slot) {
    for (int i = 0; i < nodes.size(); i++) {
      try {
        if (owns(i, slot)) {
          return i;
        }
      } catch (UncheckedIOException e) {
        // This one is dead or does not answer: it is none.
      }
    }
    throw new IllegalStateException("no living master has slot " + slot);
  }

  /** The place of a node that replicates another one. */
  public int replicaOf(int master) {
    String id = id(master);
    for (int i = 0; i < nodes.size(); i++) {
      if (i != master && myself(i).contains("myself,slave " + id + " ")) {
        return i;
      }
    }
    throw new IllegalStateException("node " + master + " has no replica");
  }

  /** The slot of a key, as the cluster says. */
  public int slotOf(String key) {
    return Integer.parseInt(RedisTalk.ask(port(0), List.of("CLUSTER", "KEYSLOT", key)));
  }

  /** What a node says to a command; its arguments have no spaces. */
  public String ask(int node, String command) {
    return RedisTalk.ask(port(node), command);
  }

  /** Returns once a node has become a master. */
  public void awaitPromoted(int node) {
    Await.until(
        WAIT_MAX, "the replica was not promoted", () -> myself(node).contains("myself,master"));
  }

  /** Returns once each node finds the cluster in order, and each replica follows its master. */
  public void awaitHealthy() {
    for (int i = 0; i < nodes.size(); i++) {
      int node = i;
      Await.until(WAIT_MAX, "node " + node + " finds the cluster not in order", () -> isGood(node));
    }
  }

  private boolean isGood(int node) {
    String replication = ask(node, "INFO replication");
    return ask(node, "CLUSTER INFO").contains("cluster_state:ok")
        && ask(node, "CLUSTER NODES").lines().noneMatch(line -> line.contains("fail"))
        && (replication.contains("role:master")
            ? nodes.size() == MASTERS || replication.contains("state=online")
            : replication.contains("master_link_status:up"));
  }

  /** Begins to move a slot: from here on the new node is asked for keys that the old one lacks. */
  public void beginMove(int slot, int from, int to) {
    ask(to, "CLUSTER SETSLOT " + slot + " IMPORTING " + id(from));
    ask(from, "CLUSTER SETSLOT " + slot + " MIGRATING " + id(to));
  }

  /** Moves a few keys of the slot; says whether there were any. */
  public boolean moveKeys(int slot, int from, int to) {
    String keys = ask(from, "CLUSTER GETKEYSINSLOT " + slot + " 10");
    if (keys.isEmpty()) {
      return false;
    }
    List<String> migrate =
        new ArrayList<>(
            List.of("MIGRATE", "127.0.0.1", String.valueOf(port(to)), "", "0", "5000", "REPLACE"));
    migrate.add("KEYS");
    migrate.addAll(keys.lines().toList());
    RedisTalk.ask(port(from), migrate);
    return true;
  }

  /** Ends the move: the new node has the slot. */
  public void endMove(int slot, int from, int to) {
    ask(to, "CLUSTER SETSLOT " + slot + " NODE " + id(to));
    ask(from, "CLUSTER SETSLOT " + slot + " NODE " + id(to));
  }

  @Override
  public void close() {
    nodes.forEach(RedisBackend::kill);
    nodes.forEach(RedisBackend::close);
  }

  private int port(int node) {
    return nodes.get(node).port();
  }

  private String id(int node) {
    return ask(node, "CLUSTER MYID");
  }

  private String myself(int node) {
    return ask(node, "CLUSTER NODES")
        .lines()
        .filter(line -> line.contains("myself"))
        .findFirst()
        .orElseThrow();
  }

  private boolean owns(int node, int slot) {
    List<String> columns = List.of(myself(node).split(" ", -1));
    if (!columns.get(2).equals("myself,master")) {
      return false;
    }
    return columns.stream()
        .skip(8)
        .filter(range -> !range.startsWith("["))
        .anyMatch(range -> contains(range, slot));
  }

  private static boolean contains(String range, int slot) {
    List<String> ends = List.of(range.split("-", -1));
    return slot >= Integer.parseInt(ends.getFirst()) && slot <= Integer.parseInt(ends.getLast());
  }

  /** A port that was free a moment ago, as was the one that goes with it. */
  private static int freePort() {
    for (int i = 0; i < PORT_ATTEMPTS_MAX; i++) {
      try (var port = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
        int chosen = port.getLocalPort();
        if (chosen <= PORT_MAX && isFree(chosen + BUS_OFFSET)) {
          return chosen;
        }
      } catch (IOException e) {
        throw new UncheckedIOException("no free port", e);
      }
    }
    throw new IllegalStateException("no free port up to " + PORT_MAX);
  }

  private static boolean isFree(int port) {
    try (var socket = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }
}
