package dev.attune.evaluator;

import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.Topics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/** An evaluator in a process of its own, so that a test can kill it. */
final class EvaluatorProcess {
  private EvaluatorProcess() {}

  /** Starts it; what it prints goes to a file. */
  static Process start(KafkaSettings kafka, Path stateDirectory, File output) throws IOException {
    return new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                EvaluatorProcess.class.getName(),
                kafka.bootstrapServers(),
                kafka.topics().prefix(),
                stateDirectory.toString()))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(output))
        .start();
  }

  public static void main(String[] arguments) throws InterruptedException {
    KafkaSettings kafka = KafkaSettings.local(arguments[0]).withTopics(new Topics(arguments[1]));
    EvaluatorPart.create(
            kafka,
            DefinitionsSource.fixed(EvaluatorIT.DEFINITIONS),
            CompletableFuture::completedFuture,
            EvaluatorConfig.of(Path.of(arguments[2])).withInstanceId("killed"),
            new SimpleMeterRegistry())
        .start();
    new CountDownLatch(1).await();
  }
}
