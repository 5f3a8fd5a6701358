package dev.attune.store.redis;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileRecord;
import java.time.Duration;
import java.util.List;

/** One conditional write: a script, the key, and what the script is given. */
record CompareAndSet(Script script, String key, List<byte[]> values) {
  static CompareAndSet of(String key, long expectedVersion, IdentityRecord record) {
    return new CompareAndSet(
        Script.IDENTITY,
        key,
        List.of(
            decimal(expectedVersion),
            decimal(record.getVersion()),
            record.getProfileId().getBytes(UTF_8),
            record.toByteArray()));
  }

  static CompareAndSet of(String key, long expectedVersion, ProfileRecord record) {
    byte[] expected = decimal(expectedVersion);
    byte[] version = decimal(record.getVersion());
    return new CompareAndSet(
        Script.PROFILE,
        key,
        switch (record.getContentCase()) {
          case LIVE ->
              List.of(
                  expected,
                  version,
                  record.getLive().getServed().toByteArray(),
                  record.getLive().getFacts().toByteArray());
          case REDIRECT_TO -> List.of(expected, version, record.getRedirectTo().getBytes(UTF_8));
          case CONTENT_NOT_SET ->
              throw new IllegalArgumentException("record: neither live nor a redirect");
        });
  }

  /** A mark is raised, never lowered. */
  static CompareAndSet ofMark(String key, long value, Duration keep) {
    return new CompareAndSet(Script.MARK, key, List.of(decimal(value), decimal(keep.toMillis())));
  }

  /** 1 when it was written, 0 when the stored one is another. */
  Request<Long> request() {
    return Request.script(script, key, values);
  }

  /** As versions are compared. */
  static byte[] decimal(long version) {
    return Long.toString(version).getBytes(US_ASCII);
  }
}
