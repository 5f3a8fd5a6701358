package dev.attune.load.chaos;

import com.sun.net.httpserver.HttpServer;
import dev.attune.core.definition.Definitions;
import dev.attune.dispatcher.DispatcherConfig;
import dev.attune.dispatcher.DispatcherPart;
import dev.attune.dispatcher.delivery.RetrySchedule;
import dev.attune.load.process.Control;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.log.Logs;
import dev.attune.proto.v1.Definition;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A dispatcher that can be killed. It ends with its standard input. */
final class ChaosChild {
  /** More than any message has faults, with all attempts that a kill cuts off. */
  private static final int RETRIES = 60;

  private ChaosChild() {}

  /**
   * Arguments: a folder for its state, a file for its log, the broker, the file of the secret, the
   * ledger, how many people there are, the receiver's port, and how many endpoints it has.
   */
  public static void main(String[] arguments) throws IOException {
    Logs.toFile(Path.of(arguments[1]));
    KafkaSettings kafka = KafkaSettings.local(arguments[2]);
    String address = "127.0.0.1:" + arguments[6];
    Definitions definitions = definitions(address, arguments[3], Integer.parseInt(arguments[7]));
    try (LedgerFollower people =
            new LedgerFollower(Ledger.of(Path.of(arguments[4])), Integer.parseInt(arguments[5]));
        DispatcherPart dispatcher =
            DispatcherPart.create(
                kafka,
                DefinitionsSource.fixed(definitions),
                // None of them is disabled: it takes days.
                (_, _) -> Optional.empty(),
                people.store(),
                people,
                // Nothing is given up. What is waits here, and misses at the endpoint.
                letter ->
                    CompletableFuture.failedFuture(new IllegalStateException(letter.getReason())),
                DispatcherConfig.of(Path.of(arguments[0]), "bench")
                    .withAllow(List.of(address))
                    .withRetries(retries()),
                new SimpleMeterRegistry())) {
      HttpServer control =
          Control.serve(
              Map.of(
                  "/status",
                  _ -> dispatcher.status(),
                  "/ready",
                  _ -> dispatcher.readiness().ready()));
      // Before it starts, so that kills fall into that as well.
      System.out.println("control " + control.getAddress().getPort());
      dispatcher.start();
      while (System.in.read() >= 0) {
        // Nobody says anything; the end says that it is over.
      }
      control.stop(0);
    }
  }

  // Five days in two minutes. Timeouts, waits after takeovers and breakers stay as they are.
  private static RetrySchedule retries() {
    List<Duration> delays =
        new ArrayList<>(List.of(Duration.ofMillis(200), Duration.ofMillis(500)));
    delays.addAll(Collections.nCopies(RETRIES, Duration.ofSeconds(2)));
    return new RetrySchedule(delays, RetrySchedule.DEFAULT.jitter());
  }

  private static Definitions definitions(String address, String secret, int endpoints) {
    List<Definition> definitions = new ArrayList<>();
    definitions.add(
        definition("catalog", "catalog", "namespaces: {user_id: {unique: true}}\ntraits: {}\n"));
    definitions.add(
        definition(
            "audience",
            Transitions.AUDIENCE,
            "name: " + Transitions.AUDIENCE + "\nwhen: {event: Any, within: 1d}\n"));
    for (int i = 0; i < endpoints; i++) {
      definitions.add(
          definition(
              "webhook",
              "w" + i,
              """
              name: w%d
              url: http://%s%s
              secret: {file: "%s"}
              on: {transitions: all}
              timeout: %ds
              %s
              """
                  .formatted(
                      i,
                      address,
                      Book.path(i),
                      secret,
                      ChaosPlan.TIMEOUT.toSeconds(),
                      ChaosPlan.asksForConsent(i) ? "consent: " + LedgerFollower.PURPOSE : "")));
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
