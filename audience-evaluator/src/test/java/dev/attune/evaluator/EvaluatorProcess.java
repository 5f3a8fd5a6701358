package dev.attune.evaluator;

import dev.attune.core.definition.Definitions;
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

  /** Which audiences it decides. */
  enum Decides {
    OF_ONE,
    OF_SEVERAL;

    private Definitions definitions() {
      return this == OF_ONE ? EvaluatorIT.DEFINITIONS : SeveralEvaluatorsIT.DEFINITIONS;
    }
  }

  /** Starts it; what it prints goes to a file. */
  static Process start(
      KafkaSettings kafka, Path stateDirectory, File output, String instance, Decides decides)
      throws IOException {
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
                stateDirectory.toString(),
                instance,
                decides.name()))
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(output))
        .start();
  }

  public static void main(String[] arguments) throws InterruptedException {
    KafkaSettings kafka = KafkaSettings.local(arguments[0]).withTopics(new Topics(arguments[1]));
    EvaluatorPart.create(
            kafka,
            DefinitionsSource.fixed(Decides.valueOf(arguments[4]).definitions()),
            CompletableFuture::completedFuture,
            EvaluatorConfig.of(Path.of(arguments[2]))
                .withInstanceId(arguments[3])
                .withStandbys(arguments[4].equals(Decides.OF_SEVERAL.name()) ? 1 : 0),
            new SimpleMeterRegistry())
        .start();
    new CountDownLatch(1).await();
  }
}
