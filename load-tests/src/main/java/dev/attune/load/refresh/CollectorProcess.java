package dev.attune.load.refresh;

import dev.attune.core.definition.Definitions;
import dev.attune.embedded.EmbeddedKafka;
import dev.attune.platform.forbidden.Masking;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.platform.log.Logs;
import dev.attune.refresher.collector.Collector;
import dev.attune.refresher.collector.CollectorConfig;
import dev.attune.refresher.collector.CollectorHttp;
import dev.attune.refresher.event.EventLog;
import dev.attune.refresher.event.Schemas;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The collector alone, with a broker in the same process: what is measured. It ends with its
 * standard input.
 */
final class CollectorProcess {
  private static final Duration START_MAX = Duration.ofSeconds(30);

  private CollectorProcess() {}

  /** Argument: a folder for the log. */
  public static void main(String[] arguments) throws IOException {
    // What it says first on standard output are its ports.
    Path folder = Path.of(arguments[0]);
    Logs.toFile(folder.resolve("collector.log"));
    try (EmbeddedKafka broker = EmbeddedKafka.start(folder, 0)) {
      KafkaSettings kafka = KafkaSettings.local(broker.bootstrapServers());
      KafkaTopics.ensure(kafka, START_MAX);
      try (EventLog log = EventLog.forCollector(kafka)) {
        var collector =
            new Collector(
                log,
                letter ->
                    CompletableFuture.failedFuture(new IllegalStateException(letter.getReason())),
                CollectorConfig.OPEN,
                InstantSource.system(),
                new Masking(new SimpleMeterRegistry()),
                new Schemas(new SimpleMeterRegistry()),
                () -> Definitions.NONE);
        var routes = new CollectorHttp(collector, CollectorConfig.OPEN);
        try (HttpServer http =
            HttpServer.start(HttpServerConfig.onPort(0), List.of(routes::routes))) {
          System.out.println("http " + http.port() + " kafka " + broker.port());
          while (System.in.read() >= 0) {
            // Nobody says anything; the end says that it is over.
          }
        }
      }
    }
  }
}
