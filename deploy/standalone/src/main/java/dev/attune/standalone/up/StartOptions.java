package dev.attune.standalone.up;

import dev.attune.core.definition.DefinitionException;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.terminal.Complaint;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What both {@code up} and {@code demo} may be told; a flag wins over the config file. */
public final class StartOptions {
  @Option(names = "--data-dir", paramLabel = "DIR", description = "Where all state is kept.")
  private @Nullable Path dataDir;

  @Option(names = "--config", paramLabel = "FILE", description = "YAML; see the README.")
  private @Nullable Path config;

  @Option(names = "--host", description = "Address for HTTP and gRPC; loopback unless given.")
  private @Nullable String host;

  @Option(names = "--http-port", paramLabel = "PORT", description = "8080 unless given; 0 = any.")
  private @Nullable Integer http;

  @Option(names = "--grpc-port", paramLabel = "PORT", description = "9090 unless given; 0 = any.")
  private @Nullable Integer grpc;

  @Option(names = "--kafka-port", paramLabel = "PORT", description = "9092 unless given; 0 = any.")
  private @Nullable Integer kafka;

  @Option(names = "--redis-port", paramLabel = "PORT", description = "6390 unless given; 0 = any.")
  private @Nullable Integer redis;

  /**
   * Config file and flags together.
   *
   * @param otherwise the data folder when neither names one
   * @throws Complaint that says what cannot be taken
   */
  public StandaloneConfig config(Path otherwise) {
    try {
      StandaloneConfig read =
          config == null
              ? StandaloneConfig.of(otherwise)
              : StandaloneConfig.read(config, otherwise);
      StandaloneConfig.Ports ports = read.ports();
      return read.withPorts(
              new StandaloneConfig.Ports(
                  or(http, ports.http()),
                  or(grpc, ports.grpc()),
                  or(kafka, ports.kafka()),
                  or(redis, ports.redis())))
          .withHost(host == null ? read.host() : host)
          .withDataDir(dataDir == null ? read.dataDir() : dataDir);
    } catch (DefinitionException | IllegalArgumentException e) {
      throw new Complaint(String.valueOf(e.getMessage()), e);
    }
  }

  private static int or(@Nullable Integer given, int otherwise) {
    return given == null ? otherwise : given;
  }
}
