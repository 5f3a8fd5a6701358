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

  /**
   * Many new people, one after the other. KEYS of each: identity, profile; ARGV of each: the
   * identity's version, profile id and record, the profile's version, served and facts. Answers a
   * character for each: 1 when both records were written, 0 when either was there.
   */
  static final Script CREATE =
      of(
          """
          local created = {}
          for i = 0, #KEYS / 2 - 1 do
            local identity, profile, a = KEYS[2 * i + 1], KEYS[2 * i + 2], 6 * i
            if redis.call('HGET', identity, 'v') or redis.call('HGET', profile, 'v') then
              created[i + 1] = '0'
            else
              redis.call('HSET', identity, 'v', ARGV[a + 1], 'p', ARGV[a + 2], 'r', ARGV[a + 3])
              redis.call('HSET', profile, 'v', ARGV[a + 4], 's', ARGV[a + 5], 'f', ARGV[a + 6])
              created[i + 1] = '1'
            end
          end
          return table.concat(created)
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
