package dev.attune.load.audience;

import dev.attune.embedded.EmbeddedKafka;
import dev.attune.evaluator.EvaluatorConfig;
import dev.attune.evaluator.EvaluatorPart;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.platform.log.Logs;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/** The evaluator, with a broker in the same process. It ends with its standard input. */
final class EvaluatorChild {
  private static final Duration START_MAX = Duration.ofSeconds(60);
  private static final long LOOK_NANOS = Duration.ofMillis(20).toNanos();

  private EvaluatorChild() {}

  /** Arguments: a folder for its data, and of how many categories the audiences are. */
  public static void main(String[] arguments) throws IOException {
    // What it says first on standard output are its ports.
    Path folder = Path.of(arguments[0]);
    Logs.toFile(folder.resolve("evaluator.log"));
    try (EmbeddedKafka broker = EmbeddedKafka.start(folder.resolve("kafka"), 0)) {
      KafkaSettings kafka = KafkaSettings.local(broker.bootstrapServers());
      KafkaTopics.ensure(kafka, START_MAX);
      try (EvaluatorPart evaluator =
          EvaluatorPart.create(
              kafka,
              DefinitionsSource.fixed(Shop.definitionsAndSeen(Integer.parseInt(arguments[1]))),
              letter ->
                  CompletableFuture.failedFuture(new IllegalStateException(letter.getReason())),
              EvaluatorConfig.of(folder.resolve("evaluator")),
              new SimpleMeterRegistry())) {
        evaluator.start();
        long deadline = System.nanoTime() + START_MAX.toNanos();
        while (!evaluator.readiness().ready()) {
          if (System.nanoTime() > deadline) {
            throw new IllegalStateException("the evaluator did not become ready");
          }
          LockSupport.parkNanos(LOOK_NANOS);
        }
        System.out.println("kafka " + broker.port());
        while (System.in.read() >= 0) {
          // Nobody says anything; the end says that it is over.
        }
      }
    }
  }
}
