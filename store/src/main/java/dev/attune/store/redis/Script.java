package dev.attune.store.redis;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A compare-and-set that Redis runs as one step. Versions are compared as decimal text: Lua's
 * numbers would round them.
 */
record Script(String text, String digest) {
  /** ARGV: expected version, version, profile id, record. */
  static final Script IDENTITY =
      of(
          """
          if (redis.call('HGET', KEYS[1], 'v') or '0') ~= ARGV[1] then return 0 end
          redis.call('HSET', KEYS[1], 'v', ARGV[2], 'p', ARGV[3], 'r', ARGV[4])
          return 1
          """);

  /** ARGV: expected version, version, then served and facts, or only the target of a redirect. */
  static final Script PROFILE =
      of(
          """
          if (redis.call('HGET', KEYS[1], 'v') or '0') ~= ARGV[1] then return 0 end
          if #ARGV == 4 then
            redis.call('HDEL', KEYS[1], 'r')
            redis.call('HSET', KEYS[1], 'v', ARGV[2], 's', ARGV[3], 'f', ARGV[4])
          else
            redis.call('HDEL', KEYS[1], 's', 'f')
            redis.call('HSET', KEYS[1], 'v', ARGV[2], 'r', ARGV[3])
          end
          return 1
          """);

  /** ARGV: the mark, how long to keep it in milliseconds. */
  static final Script MARK =
      of(
          """
          local stored = redis.call('GET', KEYS[1])
          if stored and tonumber(stored) >= tonumber(ARGV[1]) then return 0 end
          redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
          return 1
          """);

  private static Script of(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
      return new Script(text, HexFormat.of().formatHex(digest));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-1, the name that Redis gives a script", e);
    }
  }
}
