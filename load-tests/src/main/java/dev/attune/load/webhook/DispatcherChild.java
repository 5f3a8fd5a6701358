package dev.attune.load.webhook;

import com.sun.net.httpserver.HttpServer;
import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.webhook.Deletions;
import dev.attune.dispatcher.DispatcherConfig;
import dev.attune.dispatcher.DispatcherPart;
import dev.attune.embedded.EmbeddedKafka;
import dev.attune.load.process.Control;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.platform.log.Logs;
import dev.attune.proto.v1.Definition;
import dev.attune.store.memory.MemoryProfileStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/** The dispatcher, with a broker in the same process. It ends with its standard input. */
final class DispatcherChild {
  private static final Duration START_MAX = Duration.ofSeconds(60);
  private static final long LOOK_NANOS = Duration.ofMillis(20).toNanos();
  private static final int COLLECTIONS = 3;

  private DispatcherChild() {}

  /**
   * Arguments: a folder for its data, the file of the secret, and the ports of the endpoints, each
   * of which is told of an audience of its own.
   */
  public static void main(String[] arguments) throws IOException {
    // What it says first on standard output are its ports.
    Path folder = Path.of(arguments[0]);
    Logs.toFile(folder.resolve("dispatcher.log"));
    List<String> addresses =
        Arrays.stream(arguments).skip(2).map(port -> "127.0.0.1:" + port).toList();
    try (EmbeddedKafka broker = EmbeddedKafka.start(folder.resolve("kafka"), 0)) {
      KafkaSettings kafka = KafkaSettings.local(broker.bootstrapServers());
      KafkaTopics.ensure(kafka, START_MAX);
      try (ProfileStore store = new MemoryProfileStore();
          DispatcherPart dispatcher =
              DispatcherPart.create(
                  kafka,
                  DefinitionsSource.fixed(definitions(addresses, arguments[1])),
                  // None of them is disabled: it takes days.
                  (_, _) -> Optional.empty(),
                  store,
                  Deletions.NONE,
                  letter ->
                      CompletableFuture.failedFuture(new IllegalStateException(letter.getReason())),
                  DispatcherConfig.of(folder.resolve("dispatcher"), "bench").withAllow(addresses),
                  new SimpleMeterRegistry())) {
        dispatcher.start();
        long deadline = System.nanoTime() + START_MAX.toNanos();
        while (!dispatcher.readiness().ready()) {
          if (System.nanoTime() > deadline) {
            throw new IllegalStateException("the dispatcher did not become ready");
          }
          LockSupport.parkNanos(LOOK_NANOS);
        }
        HttpServer control =
            Control.serve(
                Map.of("/status", _ -> dispatcher.status(), "/heap", _ -> heapAfterCollection()));
        System.out.println("kafka " + broker.port() + " control " + control.getAddress().getPort());
        while (System.in.read() >= 0) {
          // Nobody says anything; the end says that it is over.
        }
        control.stop(0);
      }
    }
  }

  // In bytes, of what is in use after the collector has run.
  private static long heapAfterCollection() {
    Runtime runtime = Runtime.getRuntime();
    long least = Long.MAX_VALUE;
    for (int i = 0; i < COLLECTIONS; i++) {
      System.gc();
      least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
    }
    return least;
  }

  private static Definitions definitions(List<String> addresses, String secret) {
    List<Definition> definitions = new ArrayList<>();
    definitions.add(
        definition("catalog", "catalog", "namespaces: {user_id: {unique: true}}\ntraits: {}\n"));
    for (int i = 0; i < addresses.size(); i++) {
      String audience = TransitionSender.audience(i);
      definitions.add(
          definition(
              "audience", audience, "name: " + audience + "\nwhen: {event: Any, within: 1d}\n"));
      definitions.add(
          definition(
              "webhook",
              "w" + i,
              """
              name: w%d
              url: http://%s/hook
              secret: {file: "%s"}
              on: {transitions: {audiences: [%s]}}
              timeout: 30s
              """
                  .formatted(i, addresses.get(i), secret, audience)));
    }
    return Definitions.parse(definitions);
  }

  private static Definition definition(String kind, String id, String yaml) {
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setVersion(1)
        .setPath(kind + "/" + id + ".yaml")
        .setYaml(yaml)
        .build();
  }
}
