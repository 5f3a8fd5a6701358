package dev.attune.standalone;

import dev.attune.core.definition.Yaml;
import dev.attune.profiles.NearCacheConfig;
import dev.attune.store.redis.RedisTls;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where profiles are kept: {@code store: redis | dynamodb | memory}. */
public sealed interface StoreConfig {
  /** A Redis of its own, beside it, with its data in the data folder. */
  record OwnRedis() implements StoreConfig {}

  /**
   * A Redis that somebody else runs.
   *
   * @param servers {@code host:port}: one server, or nodes of a cluster
   * @param cluster whether the keys are spread over a Redis Cluster
   * @param username of its access control list; empty for the default user
   * @param passwordFile file that holds the password, and nothing else; none when none is asked
   * @param tls whether and how to encrypt, and to check the server's certificate
   */
  record Redis(
      List<String> servers,
      boolean cluster,
      String username,
      Optional<Path> passwordFile,
      RedisTls tls)
      implements StoreConfig {
    /** Most nodes of a cluster that are named; the others are learnt from them. */
    static final int SEEDS_MAX = 32;

    public Redis {
      servers = List.copyOf(servers);
      if (servers.isEmpty() || servers.size() > SEEDS_MAX) {
        throw new IllegalArgumentException(
            "store.redis: " + servers.size() + " servers (expected: 1-" + SEEDS_MAX + ")");
      }
      if (!username.isEmpty() && passwordFile.isEmpty()) {
        throw new IllegalArgumentException(
            "store.redis: a username and no password_file (expected: both, or neither)");
      }
    }
  }

  /**
   * Tables in DynamoDB; credentials are those that the AWS SDK finds.
   *
   * @param region e.g. {@code eu-central-1}
   * @param endpoint an address instead of the region's own; empty for that
   * @param tablePrefix of the tables' names
   */
  record Dynamodb(String region, String endpoint, String tablePrefix) implements StoreConfig {}

  /** The heap of this process; filled from the log at each start. */
  record Memory() implements StoreConfig {}

  /** Prefix of keys and tables unless said otherwise. */
  String PREFIX = "attune";

  /** Whether everything in it is gone with the process. */
  default boolean forgets() {
    return this instanceof Memory;
  }

  /**
   * What lookups keep unless said otherwise: nothing with the embedded Redis and with memory.
   * Following the changes would take more from the events here than it gives to lookups.
   */
  default NearCacheConfig nearCache() {
    return switch (this) {
      case OwnRedis _, Memory _ -> NearCacheConfig.OFF;
      case Redis _, Dynamodb _ -> NearCacheConfig.DEFAULT;
    };
  }

  /** Reads {@code store:}, a name or a mapping with one. */
  static StoreConfig parse(Yaml yaml, Path folder) {
    if (!yaml.isMapping()) {
      return switch (yaml.oneOf(List.of("redis", "dynamodb", "memory"))) {
        case "redis" -> new OwnRedis();
        case "memory" -> new Memory();
        default ->
            throw yaml.error(
                "dynamodb needs its region (expected: store: {dynamodb: {region: eu-central-1}})");
      };
    }
    yaml.keys("redis", "dynamodb", "memory");
    if (yaml.entries().size() != 1) {
      throw yaml.error(
          yaml.entries().size() + " stores (expected: one of redis, dynamodb, memory)");
    }
    if (yaml.has("memory")) {
      yaml.get("memory").keys();
      return new Memory();
    }
    try {
      return yaml.has("redis") ? redis(yaml.get("redis"), folder) : dynamodb(yaml.get("dynamodb"));
    } catch (IllegalArgumentException e) {
      throw yaml.error(String.valueOf(e.getMessage()));
    }
  }

  private static StoreConfig redis(Yaml yaml, Path folder) {
    yaml.keys("host", "port", "cluster", "username", "password_file", "tls");
    boolean cluster = yaml.has("cluster");
    if (cluster && (yaml.has("host") || yaml.has("port"))) {
      throw yaml.error("both a host and a cluster (expected: one of them)");
    }
    if (yaml.entries().isEmpty()) {
      return new OwnRedis();
    }
    List<String> servers =
        cluster
            ? yaml.get("cluster").items().stream().map(StoreConfig::address).toList()
            : List.of(
                yaml.get("host").text()
                    + ":"
                    + yaml.find("port").map(port -> port.integer(1, 65_535)).orElse(6_379L));
    return new Redis(
        servers,
        cluster,
        yaml.find("username").map(Yaml::text).orElse(""),
        yaml.find("password_file").map(file -> folder.resolve(file.text()).normalize()),
        yaml.find("tls").map(tls -> tls(tls, folder)).orElse(RedisTls.OFF));
  }

  private static RedisTls tls(Yaml yaml, Path folder) {
    if (!yaml.isMapping()) {
      return yaml.bool() ? RedisTls.ON : RedisTls.OFF;
    }
    yaml.keys("authorities_file", "certificate_file", "key_file");
    return new RedisTls(
        true,
        file(yaml, "authorities_file", folder),
        file(yaml, "certificate_file", folder),
        file(yaml, "key_file", folder));
  }

  private static String file(Yaml yaml, String key, Path folder) {
    return yaml.find(key)
        .map(file -> folder.resolve(file.text()).normalize().toString())
        .orElse("");
  }

  private static String address(Yaml yaml) {
    String text = yaml.text();
    if (!text.matches("\\S+:[1-9][0-9]{0,4}")
        || Integer.parseInt(text.substring(text.lastIndexOf(':') + 1)) > 65_535) {
      throw yaml.error("not an address (expected: host:port)");
    }
    return text;
  }

  private static StoreConfig dynamodb(Yaml yaml) {
    yaml.keys("region", "endpoint", "table_prefix");
    return new Dynamodb(
        yaml.get("region").text(),
        yaml.find("endpoint").map(Yaml::text).orElse(""),
        yaml.find("table_prefix").map(Yaml::text).orElse(PREFIX));
  }
}
