package dev.attune.standalone;

import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.StoreException;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.store.dynamodb.DynamoProfileStore;
import dev.attune.store.dynamodb.DynamoSettings;
import dev.attune.store.dynamodb.DynamoTables;
import dev.attune.store.memory.MemoryProfileStore;
import dev.attune.store.redis.RedisAddress;
import dev.attune.store.redis.RedisProfileStore;
import dev.attune.store.redis.RedisSettings;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;

/** Opens the store that a config names. */
public final class Stores {
  private static final Duration TABLES_MAX = Duration.ofMinutes(2);
  private static final Duration ANSWER_MAX = Duration.ofSeconds(10);
  private static final String NOBODY = "nobody";

  private Stores() {}

  /**
   * An open store.
   *
   * @param lostWrites takes who is told since when acknowledged writes may be lost; some stores
   *     lose none
   */
  record Opened(ProfileStore store, Consumer<Consumer<Instant>> lostWrites) {}

  /**
   * A store; it connects when it is first asked for something.
   *
   * @param ownRedis where that of our own listens; not looked at for others
   * @param loops on which lookups come; used by stores that can
   * @throws Complaint when its settings cannot be used
   */
  static Opened open(StoreConfig config, RedisAddress ownRedis, EventLoopGroup loops) {
    try {
      return switch (config) {
        case StoreConfig.OwnRedis _ ->
            redis(RedisSettings.plain(ownRedis.host(), ownRedis.port(), StoreConfig.PREFIX), loops);
        case StoreConfig.Redis redis -> redis(settings(redis), loops);
        case StoreConfig.Dynamodb dynamo ->
            new Opened(DynamoProfileStore.create(settings(dynamo)), _ -> {});
        case StoreConfig.Memory _ -> new Opened(new MemoryProfileStore(), _ -> {});
      };
    } catch (IllegalArgumentException e) {
      throw new Complaint("store: " + e.getMessage() + ".", e);
    }
  }

  /**
   * Returns once a store has answered that needs something made beforehand.
   *
   * @throws Complaint when it does not answer as it should
   */
  static void requireUsable(StoreConfig config, ProfileStore store) {
    if (!(config instanceof StoreConfig.Dynamodb)) {
      return;
    }
    try {
      // Each of its tables.
      CompletableFuture.allOf(
              store.findById(NOBODY, ANSWER_MAX).toCompletableFuture(),
              store
                  .readIdentities(List.of(new Identifier("user_id", NOBODY)), ANSWER_MAX)
                  .toCompletableFuture(),
              store.readMarks(List.of("nothing"), ANSWER_MAX).toCompletableFuture())
          .join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof StoreException cause) {
        throw new Complaint(
            "the store cannot be used: "
                + cause.getMessage()
                + "; ./attune store init makes the tables that are missing.",
            cause);
      }
      throw e;
    }
  }

  private static Opened redis(RedisSettings settings, EventLoopGroup loops) {
    RedisProfileStore store = RedisProfileStore.create(settings, loops);
    return new Opened(store, listener -> store.onLostWrites(lost -> listener.accept(lost.since())));
  }

  private static RedisSettings settings(StoreConfig.Redis redis) {
    List<RedisAddress> servers = redis.servers().stream().map(Stores::address).toList();
    RedisSettings settings =
        redis.cluster()
            ? RedisSettings.cluster(servers, StoreConfig.PREFIX)
            : RedisSettings.plain(
                servers.getFirst().host(), servers.getFirst().port(), StoreConfig.PREFIX);
    if (redis.passwordFile().isPresent()) {
      settings = settings.withUser(redis.username(), password(redis.passwordFile().get()));
    }
    return settings.withTls(redis.tls());
  }

  private static RedisAddress address(String text) {
    int colon = text.lastIndexOf(':');
    return new RedisAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
  }

  private static String password(Path file) {
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new Complaint("the password_file of the store cannot be read: " + file + ".", e);
    }
  }

  private static DynamoSettings settings(StoreConfig.Dynamodb dynamo) {
    DynamoSettings aws = DynamoSettings.aws(dynamo.region(), dynamo.tablePrefix());
    return new DynamoSettings(
        aws.region(),
        dynamo.endpoint(),
        aws.tablePrefix(),
        aws.accessKeyId(),
        aws.secretAccessKey(),
        aws.connectTimeout(),
        aws.readTimeout(),
        aws.maxCallsUnderWay());
  }

  /**
   * Makes what a store needs before it can be used; says in one sentence what was done.
   *
   * @throws Complaint when it could not be done
   */
  public static String init(StoreConfig config) {
    return switch (config) {
      case StoreConfig.OwnRedis _, StoreConfig.Redis _ -> "Redis needs no tables.";
      case StoreConfig.Memory _ -> "The memory needs no tables.";
      case StoreConfig.Dynamodb dynamo -> tables(dynamo);
    };
  }

  private static String tables(StoreConfig.Dynamodb dynamo) {
    try {
      List<String> created = DynamoTables.create(settings(dynamo), TABLES_MAX);
      return created.isEmpty()
          ? "All tables are there already."
          : "Created " + String.join(", ", created) + ".";
    } catch (StoreException | IllegalStateException | IllegalArgumentException e) {
      throw new Complaint("the tables could not be created: " + e.getMessage() + ".", e);
    }
  }
}
