package dev.attune.load.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.load.command.BenchFrame.Folders;
import dev.attune.load.process.Child;
import dev.attune.load.process.Control;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.standalone.terminal.Complaint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/** A dispatcher and its endpoints, each in a process of its own, from a fresh start. */
final class DeliveryRun implements AutoCloseable {
  static final int ENDPOINTS = 10;

  private static final Duration RECEIVE_MAX = Duration.ofMinutes(3);
  private static final Duration PENDING_MAX = Duration.ofMinutes(15);
  private static final long LOOK_NANOS = Duration.ofMillis(20).toNanos();
  private static final long HEAP_MB = 1_024;

  private final Child endpoints;
  private final Child dispatcher;
  private final TransitionSender sender;

  /** What the endpoints but the first do. */
  enum Others {
    /** Answer at once. */
    HEALTHY,
    /** Nobody listens there. */
    DEAD,
    /** Answer after 25 s. */
    TARPIT
  }

  private DeliveryRun(Child endpoints, Child dispatcher, TransitionSender sender) {
    this.endpoints = endpoints;
    this.dispatcher = dispatcher;
    this.sender = sender;
  }

  /**
   * @param people who take turns
   * @param firstDead whether nobody listens at the first endpoint either
   */
  static DeliveryRun start(
      Folders folders, String name, Others others, boolean firstDead, int people)
      throws IOException, InterruptedException {
    Path folder = Files.createDirectories(folders.work().resolve(name));
    Path secret = Files.writeString(folder.resolve("secret"), WebhookBench.SECRET);
    Path errors = folders.out().resolve("webhooks-children.err");
    Child endpoints =
        Child.start(
            "the endpoints",
            Child.java(
                List.of("-Xmx512m"),
                EndpointsChild.class,
                secret.toString(),
                String.valueOf(ENDPOINTS),
                others == Others.TARPIT ? "25000" : "0"),
            folders.work(),
            errors);
    try {
      List<String> arguments = new ArrayList<>(List.of(folder.toString(), secret.toString()));
      for (int i = 0; i < ENDPOINTS; i++) {
        boolean dead = i == 0 ? firstDead : others == Others.DEAD;
        arguments.add(String.valueOf(dead ? closedPort() : endpoints.port("endpoint" + i)));
      }
      Child dispatcher =
          Child.start(
              "the dispatcher",
              Child.java(
                  List.of("-Xms" + HEAP_MB + "m", "-Xmx" + HEAP_MB + "m"),
                  DispatcherChild.class,
                  arguments.toArray(String[]::new)),
              folders.work(),
              errors);
      return new DeliveryRun(
          endpoints,
          dispatcher,
          new TransitionSender(
              KafkaSettings.local("127.0.0.1:" + dispatcher.port("kafka")), ENDPOINTS, people));
    } catch (IOException | InterruptedException | RuntimeException e) {
      endpoints.close();
      throw e;
    }
  }

  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Deliveries a second, from the first transition that is written until the last was received. */
  double asFastAsItCan(int count) throws IOException, InterruptedException {
    long begin = System.nanoTime();
    sender.asFastAsItCan(count);
    awaitReceived(sender.sent());
    return count * 1e9 / (System.nanoTime() - begin);
  }

  /**
   * At a steady rate over all endpoints.
   *
   * @return what the first endpoint saw once the warm-up was over
   */
  JsonNode atRate(int rate, Duration warmUp, Duration measured, boolean allHealthy)
      throws IOException, InterruptedException {
    long before = received(0);
    long sentBefore = sender.sent();
    ask("/measure?" + (TransitionSender.micros() + warmUp.toMillis() * 1_000));
    sender.atRate(rate, warmUp.plus(measured));
    if (allHealthy) {
      awaitReceived(sender.sent());
    } else {
      long expected = before + (sender.sent() - sentBefore) / ENDPOINTS;
      await(RECEIVE_MAX, () -> received(0) >= expected, "the healthy endpoint did not get all");
    }
    return stats(0);
  }

  /** Writes as many as are to wait, and returns the heap in bytes once all of them do. */
  long pending(int count) throws IOException, InterruptedException {
    sender.asFastAsItCan(count);
    await(
        PENDING_MAX,
        () -> Control.ask(dispatcher.port("control"), "/status").path("pending").asLong() >= count,
        "not all of them wait");
    return Control.ask(dispatcher.port("control"), "/heap").asLong();
  }

  JsonNode stats(int endpoint) throws IOException, InterruptedException {
    return ask("/stats?" + endpoint);
  }

  private long received(int endpoint) throws IOException, InterruptedException {
    return stats(endpoint).path("received").asLong();
  }

  private JsonNode ask(String path) throws IOException, InterruptedException {
    return Control.ask(endpoints.port("control"), path);
  }

  private void awaitReceived(long count) throws IOException, InterruptedException {
    await(RECEIVE_MAX, () -> ask("/received").asLong() >= count, "not all was received");
  }

  private interface Condition {
    boolean holds() throws IOException, InterruptedException;
  }

  private static void await(Duration most, Condition condition, String otherwise)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + most.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() > deadline) {
        throw new Complaint(otherwise + " within " + most.toSeconds() + " s.");
      }
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }

  /** What must not be: deliveries that were not believed or came in another order. */
  long wrong() throws IOException, InterruptedException {
    long wrong = 0;
    for (int i = 0; i < ENDPOINTS; i++) {
      JsonNode stats = stats(i);
      wrong += stats.path("refused").asLong() + stats.path("disordered").asLong();
    }
    return wrong;
  }

  @Override
  public void close() {
    sender.close();
    dispatcher.close();
    endpoints.close();
  }
}
