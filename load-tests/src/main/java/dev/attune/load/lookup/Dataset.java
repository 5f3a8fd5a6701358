package dev.attune.load.lookup;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.google.protobuf.ByteString;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.core.profile.ProfileStore.ProfileWrite;
import dev.attune.core.profile.Served;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.standalone.terminal.Progress;
import dev.attune.store.redis.RedisProfileStore;
import dev.attune.store.redis.RedisSettings;
import io.netty.channel.EventLoopGroup;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletionStage;

/**
 * Brings a population into Redis: through the store for Attune, as plain strings with the same
 * content for the two baselines. Facts are left empty: no lookup reads them.
 */
final class Dataset {
  /** Of every key of Attune's. */
  static final String PREFIX = "bench";

  static final String THIN_IDENTITY = "thin:i:" + Population.NAMESPACE + ":";
  static final String THIN_PROFILE = "thin:p:";

  private static final int BATCH = 2_000;
  private static final Duration TIMEOUT = Duration.ofSeconds(30);

  private Dataset() {}

  static RedisProfileStore store(int redisPort) {
    return RedisProfileStore.create(RedisSettings.plain("127.0.0.1", redisPort, PREFIX));
  }

  /** The same for callers on event loops. */
  static ProfileStore store(int redisPort, EventLoopGroup loops) {
    return RedisProfileStore.create(RedisSettings.plain("127.0.0.1", redisPort, PREFIX), loops);
  }

  /** So that no save disturbs what is measured. */
  static void withoutPersistence(int redisPort) throws IOException {
    try (Resp redis = new Resp(redisPort)) {
      redis.send("CONFIG", "SET", "appendonly", "no");
      redis.send("CONFIG", "SET", "save", "");
      redis.await();
    }
  }

  /** Returns the mean size of a served profile in bytes. */
  static double load(Population people, int redisPort, Progress progress) throws IOException {
    long bytes = 0;
    try (ProfileStore store = store(redisPort);
        Resp raw = new Resp(redisPort)) {
      for (int from = 0; from < people.size(); from += BATCH) {
        int to = Math.min(people.size(), from + BATCH);
        List<ProfileWrite> profiles = new ArrayList<>(BATCH);
        List<IdentityWrite> identities = new ArrayList<>(BATCH);
        List<Profile> made = new ArrayList<>(BATCH);
        for (int i = from; i < to; i++) {
          Profile profile = people.profile(i, Population.VERSION);
          made.add(profile);
          profiles.add(new ProfileWrite(0, record(profile)));
          identities.add(
              new IdentityWrite(
                  Population.identifier(i),
                  0,
                  IdentityRecord.newBuilder()
                      .setProfileId(profile.getProfileId())
                      .setVersion(1)
                      .build()));
        }
        var written = store.writeProfiles(profiles, TIMEOUT);
        var known = store.writeIdentities(identities, TIMEOUT);
        for (int i = from; i < to; i++) {
          Profile profile = made.get(i - from);
          ByteString served = profiles.get(i - from).record().getLive().getServed();
          bytes += served.size();
          raw.send(ascii("SET"), ascii(rawKey(i)), served.toByteArray());
          raw.send("SET", THIN_IDENTITY + Population.userId(i), profile.getProfileId());
          raw.send("SET", THIN_PROFILE + profile.getProfileId(), Population.json(profile));
        }
        raw.await();
        requireAll(written);
        requireAll(known);
        progress.at(to);
      }
    }
    return (double) bytes / people.size();
  }

  static ProfileRecord record(Profile profile) {
    return ProfileRecord.newBuilder()
        .setProfileId(profile.getProfileId())
        .setVersion(profile.getVersion())
        .setLive(
            LiveProfile.newBuilder()
                .setServed(Served.of(profile).bytes())
                .setFacts(ByteString.EMPTY))
        .build();
  }

  private static void requireAll(CompletionStage<List<Boolean>> written) {
    if (written.toCompletableFuture().join().contains(false)) {
      throw new IllegalStateException("Redis holds profiles already");
    }
  }

  // What redis-benchmark makes of key:__rand_int__.
  private static String rawKey(int index) {
    return String.format(Locale.ROOT, "key:%012d", index);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(US_ASCII);
  }
}
