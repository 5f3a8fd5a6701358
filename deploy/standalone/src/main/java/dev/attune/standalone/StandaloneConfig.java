package dev.attune.standalone;

import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import dev.attune.core.webhook.FlipLimit;
import dev.attune.dispatcher.send.Proxy;
import dev.attune.profiles.NearCacheConfig;
import dev.attune.refresher.collector.CollectorConfig;
import dev.attune.refresher.snapshot.S3Settings;
import dev.attune.refresher.stream.RegistryConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What {@code ./attune up} is told.
 *
 * @param host address that HTTP and gRPC bind to; loopback unless said otherwise. Broker and store
 *     always stay on loopback
 * @param ports of the four listeners
 * @param dataDir folder that holds the whole state; one running system each
 * @param modelsRoot folder that the paths of warehouse models are relative to, and may not leave
 * @param drivers folder with JDBC drivers of warehouse models, if it is said; else {@code drivers}
 *     below the state
 * @param s3 how files of warehouse models in S3 are reached
 * @param store where profiles are kept
 * @param nearCache what lookups keep in this process, if it is said; see {@link
 *     StoreConfig#nearCache}
 * @param webhooksAllow {@code host:port} of private addresses that webhooks may be sent to
 * @param webhooksHoldAbove when webhooks are held whose definition does not say
 * @param webhooksProxy that webhooks are sent through
 * @param collector who may send events
 * @param registry of the schemas of streams, if there is one
 * @param partitions of each topic that is spread by key
 * @param drain longest wait, when stopping, for what was accepted
 */
public record StandaloneConfig(
    String host,
    Ports ports,
    Path dataDir,
    Path modelsRoot,
    Optional<Path> drivers,
    S3Settings s3,
    StoreConfig store,
    Optional<NearCacheConfig> nearCache,
    Set<String> webhooksAllow,
    FlipLimit webhooksHoldAbove,
    Optional<Proxy> webhooksProxy,
    CollectorConfig collector,
    Optional<RegistryConfig> registry,
    int partitions,
    Duration drain) {
  /** Folder of {@code ./attune up} unless told otherwise, below the current one. */
  public static final Path DATA_DIR = Path.of(".attune", "up");

  private static final int PARTITIONS_MAX = 64;
  private static final Duration DRAIN_MAX = Duration.ofMinutes(5);

  public StandaloneConfig {
    webhooksAllow = Set.copyOf(webhooksAllow);
    if (host.isBlank()) {
      throw new IllegalArgumentException("host: blank (expected: an address of this machine)");
    }
    if (partitions < 1 || partitions > PARTITIONS_MAX) {
      throw new IllegalArgumentException(
          "partitions: " + partitions + " (expected: 1-" + PARTITIONS_MAX + ")");
    }
    if (drain.isNegative() || drain.compareTo(DRAIN_MAX) > 0) {
      throw new IllegalArgumentException("drain: " + drain + " (expected: at most 5 minutes)");
    }
  }

  /**
   * Where the four listeners are.
   *
   * @param http lookups, collector, operations
   * @param grpc lookups
   * @param kafka the embedded broker
   * @param redis the embedded store, if there is one; each 0 for any free port
   */
  public record Ports(int http, int grpc, int kafka, int redis) {
    /** The ports that documentation and samples speak of. */
    public static final Ports DEFAULT = new Ports(8080, 9090, 9092, 6390);

    /** Any free ports. */
    public static final Ports FREE = new Ports(0, 0, 0, 0);

    public Ports {
      for (int port : new int[] {http, grpc, kafka, redis}) {
        if (port < 0 || port > 65_535) {
          throw new IllegalArgumentException("port: " + port + " (expected: 0-65535, 0 = any)");
        }
      }
    }
  }

  /** Defaults, with the state in a folder. */
  public static StandaloneConfig of(Path dataDir) {
    return new StandaloneConfig(
        "127.0.0.1",
        Ports.DEFAULT,
        dataDir,
        Path.of("").toAbsolutePath(),
        Optional.empty(),
        S3Settings.DEFAULT,
        new StoreConfig.OwnRedis(),
        Optional.empty(),
        Set.of(),
        FlipLimit.DEFAULT,
        Optional.empty(),
        CollectorConfig.OPEN,
        Optional.empty(),
        4,
        Duration.ofSeconds(10));
  }

  /**
   * Reads a config file; relative paths in it are relative to its folder.
   *
   * @param otherwise the data folder when the file names none
   * @throws DefinitionException with {@code path:line:column}, or when the file cannot be read
   */
  public static StandaloneConfig read(Path file, Path otherwise) {
    String text;
    try {
      text = Files.readString(file);
    } catch (NoSuchFileException e) {
      throw new DefinitionException(file + ": cannot be read (there is no such file)", e);
    } catch (IOException e) {
      throw new DefinitionException(file + ": cannot be read (" + e.getMessage() + ")", e);
    }
    Path folder = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(Path.of("/"));
    return parse(Yaml.parse(file.toString(), text), folder, otherwise);
  }

  static StandaloneConfig parse(Yaml yaml, Path folder, Path otherwise) {
    yaml.keys(
        "host",
        "ports",
        "data_dir",
        "models",
        "s3",
        "store",
        "near_cache",
        "webhooks",
        "collector",
        "schema_registry",
        "partitions",
        "drain");
    Optional<Yaml> webhooks =
        yaml.find("webhooks").map(hooks -> hooks.keys("allow", "hold_above", "proxy"));
    StandaloneConfig defaults = of(otherwise);
    try {
      return new StandaloneConfig(
          yaml.find("host").map(Yaml::text).orElse(defaults.host()),
          yaml.find("ports").map(StandaloneConfig::ports).orElse(Ports.DEFAULT),
          path(folder, yaml.find("data_dir")).orElse(defaults.dataDir()),
          path(folder, models(yaml, "root")).orElse(defaults.modelsRoot()),
          path(folder, models(yaml, "drivers")),
          yaml.find("s3").map(StandaloneConfig::s3).orElse(defaults.s3()),
          yaml.find("store")
              .map(store -> StoreConfig.parse(store, folder))
              .orElse(defaults.store()),
          yaml.find("near_cache").map(StandaloneConfig::nearCache),
          texts(webhooks.flatMap(hooks -> hooks.find("allow"))),
          webhooks
              .flatMap(hooks -> hooks.find("hold_above"))
              .map(FlipLimit::parse)
              .orElse(defaults.webhooksHoldAbove()),
          webhooks.flatMap(hooks -> hooks.find("proxy")).map(StandaloneConfig::proxy),
          yaml.find("collector")
              .map(collector -> Senders.parse(collector, folder))
              .orElse(defaults.collector()),
          yaml.find("schema_registry").map(registry -> RegistryAccess.parse(registry, folder)),
          yaml.find("partitions")
              .map(p -> (int) p.integer(1, PARTITIONS_MAX))
              .orElse(defaults.partitions()),
          yaml.find("drain")
              .map(d -> d.duration(Duration.ZERO, DRAIN_MAX))
              .orElse(defaults.drain()));
    } catch (IllegalArgumentException e) {
      throw yaml.error(String.valueOf(e.getMessage()));
    }
  }

  private static Proxy proxy(Yaml yaml) {
    try {
      return Proxy.parse(yaml.text());
    } catch (IllegalArgumentException e) {
      throw yaml.error(String.valueOf(e.getMessage()));
    }
  }

  private static Optional<Yaml> models(Yaml yaml, String key) {
    return yaml.find("models").flatMap(models -> models.keys("root", "drivers").find(key));
  }

  private static S3Settings s3(Yaml yaml) {
    yaml.keys("endpoint", "region", "path_style", "disk_megabytes");
    S3Settings defaults = S3Settings.DEFAULT;
    try {
      return new S3Settings(
          yaml.find("region").map(Yaml::text).orElse(defaults.region()),
          yaml.find("endpoint").map(Yaml::text).orElse(defaults.endpoint()),
          yaml.find("path_style").map(Yaml::bool).orElse(defaults.pathStyle()),
          yaml.find("disk_megabytes")
              .map(megabytes -> (int) megabytes.integer(1, S3Settings.DISK_MEGABYTES_MOST))
              .orElse(defaults.diskMegabytes()));
    } catch (IllegalArgumentException e) {
      throw yaml.error(String.valueOf(e.getMessage()));
    }
  }

  private static NearCacheConfig nearCache(Yaml yaml) {
    if (!yaml.isMapping()) {
      yaml.oneOf(List.of("off"));
      return NearCacheConfig.OFF;
    }
    yaml.keys("megabytes", "max_age");
    NearCacheConfig defaults = NearCacheConfig.DEFAULT;
    return new NearCacheConfig(
        yaml.find("megabytes")
            .map(megabytes -> megabytes.integer(1, NearCacheConfig.BYTES_MOST >> 20) << 20)
            .orElse(defaults.bytesMax()),
        yaml.find("max_age")
            .map(age -> age.duration(NearCacheConfig.AGE_LEAST, NearCacheConfig.AGE_MOST))
            .orElse(defaults.ageMax()));
  }

  private static Ports ports(Yaml yaml) {
    yaml.keys("http", "grpc", "kafka", "redis");
    return new Ports(
        port(yaml, "http", Ports.DEFAULT.http()),
        port(yaml, "grpc", Ports.DEFAULT.grpc()),
        port(yaml, "kafka", Ports.DEFAULT.kafka()),
        port(yaml, "redis", Ports.DEFAULT.redis()));
  }

  private static int port(Yaml yaml, String key, int otherwise) {
    return yaml.find(key).map(port -> (int) port.integer(0, 65_535)).orElse(otherwise);
  }

  private static Optional<Path> path(Path folder, Optional<Yaml> yaml) {
    return yaml.map(path -> folder.resolve(path.text()).normalize());
  }

  private static Set<String> texts(Optional<Yaml> yaml) {
    List<String> texts = yaml.map(Yaml::items).orElse(List.of()).stream().map(Yaml::text).toList();
    return new LinkedHashSet<>(texts);
  }

  /** True when only this machine reaches it. */
  public boolean isLoopback() {
    return host.equals("localhost") || host.equals("::1") || host.matches("127(\\.\\d{1,3}){3}");
  }

  /** The same with other ports. */
  public StandaloneConfig withPorts(Ports ports) {
    return new StandaloneConfig(
        host,
        ports,
        dataDir,
        modelsRoot,
        drivers,
        s3,
        store,
        nearCache,
        webhooksAllow,
        webhooksHoldAbove,
        webhooksProxy,
        collector,
        registry,
        partitions,
        drain);
  }

  /** The same on another address. */
  public StandaloneConfig withHost(String host) {
    return new StandaloneConfig(
        host,
        ports,
        dataDir,
        modelsRoot,
        drivers,
        s3,
        store,
        nearCache,
        webhooksAllow,
        webhooksHoldAbove,
        webhooksProxy,
        collector,
        registry,
        partitions,
        drain);
  }

  /** The same with its state elsewhere. */
  public StandaloneConfig withDataDir(Path dataDir) {
    return new StandaloneConfig(
        host,
        ports,
        dataDir,
        modelsRoot,
        drivers,
        s3,
        store,
        nearCache,
        webhooksAllow,
        webhooksHoldAbove,
        webhooksProxy,
        collector,
        registry,
        partitions,
        drain);
  }

  /** The same with warehouse files elsewhere. */
  public StandaloneConfig withModelsRoot(Path modelsRoot) {
    return new StandaloneConfig(
        host,
        ports,
        dataDir,
        modelsRoot,
        drivers,
        s3,
        store,
        nearCache,
        webhooksAllow,
        webhooksHoldAbove,
        webhooksProxy,
        collector,
        registry,
        partitions,
        drain);
  }

  /** The same with profiles kept elsewhere. */
  public StandaloneConfig withStore(StoreConfig store) {
    return new StandaloneConfig(
        host,
        ports,
        dataDir,
        modelsRoot,
        drivers,
        s3,
        store,
        nearCache,
        webhooksAllow,
        webhooksHoldAbove,
        webhooksProxy,
        collector,
        registry,
        partitions,
        drain);
  }

  /** The same with another near-cache. */
  public StandaloneConfig withNearCache(NearCacheConfig nearCache) {
    return new StandaloneConfig(
        host,
        ports,
        dataDir,
        modelsRoot,
        drivers,
        s3,
        store,
        Optional.of(nearCache),
        webhooksAllow,
        webhooksHoldAbove,
        webhooksProxy,
        collector,
        registry,
        partitions,
        drain);
  }

  /** The same with other private addresses that webhooks may be sent to. */
  public StandaloneConfig withWebhooksAllow(Set<String> webhooksAllow) {
    return new StandaloneConfig(
        host,
        ports,
        dataDir,
        modelsRoot,
        drivers,
        s3,
        store,
        nearCache,
        webhooksAllow,
        webhooksHoldAbove,
        webhooksProxy,
        collector,
        registry,
        partitions,
        drain);
  }
}
