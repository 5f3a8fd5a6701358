package dev.attune.load.refresh;

import dev.attune.embedded.EmbeddedKafka;
import dev.attune.embedded.RedisServer;
import dev.attune.platform.deadletter.KafkaDeadLetters;
import dev.attune.platform.definition.DefinitionsFeed;
import dev.attune.platform.definition.DefinitionsHttp;
import dev.attune.platform.definition.DefinitionsPublisher;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaTopics;
import dev.attune.platform.log.Logs;
import dev.attune.refresher.RefresherConfig;
import dev.attune.refresher.RefresherPart;
import dev.attune.store.redis.RedisProfileStore;
import dev.attune.store.redis.RedisSettings;
import io.helidon.webserver.http.HttpRouting;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;

/**
 * The refresher alone, with a broker in the same process and a Redis beside it: who reads the
 * changes would run on other machines. It ends with its standard input.
 */
final class LoaderProcess {
  static final String HOST = "127.0.0.1";
  static final String PREFIX = "attune";
  private static final Duration START_MAX = Duration.ofSeconds(30);

  private LoaderProcess() {}

  /** Argument: a folder for its data, in which the files of models are, too. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    // What it says first on standard output are its ports.
    Path folder = Path.of(arguments[0]);
    Logs.toFile(folder.resolve("loader.log"));
    try (RedisServer redis = RedisServer.start(folder.resolve("redis"), 0, SetBenchmark.OPTIONS);
        EmbeddedKafka broker = EmbeddedKafka.start(folder.resolve("kafka"), 0)) {
      KafkaSettings kafka = KafkaSettings.local(broker.bootstrapServers());
      KafkaTopics.ensure(kafka, START_MAX);
      try (DefinitionsFeed feed = DefinitionsFeed.start(kafka);
          KafkaDeadLetters letters = KafkaDeadLetters.create(kafka);
          RedisProfileStore store =
              RedisProfileStore.create(RedisSettings.plain(HOST, redis.port(), PREFIX));
          RefresherPart refresher =
              RefresherPart.create(
                  kafka,
                  store,
                  feed,
                  letters,
                  RefresherConfig.of(folder.resolve("refresher"), folder),
                  new SimpleMeterRegistry())) {
        feed.awaitLoaded(START_MAX);
        refresher.start();
        var definitions =
            new DefinitionsHttp(
                new DefinitionsPublisher(kafka, feed, InstantSource.system()),
                feed,
                InstantSource.system());
        List<Consumer<HttpRouting.Builder>> routes = List.of(definitions, refresher::routes);
        try (HttpServer http = HttpServer.start(HttpServerConfig.onPort(0), routes)) {
          System.out.println(
              "http " + http.port() + " kafka " + broker.port() + " redis " + redis.port());
          while (System.in.read() >= 0) {
            // Nobody says anything; the end says that it is over.
          }
        }
      }
    }
  }
}
