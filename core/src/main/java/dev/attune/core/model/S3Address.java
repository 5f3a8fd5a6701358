package dev.attune.core.model;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An object of S3, or a glob over objects: {@code s3://bucket/prefix/part-*.parquet}.
 *
 * <p>Only keys that look like paths: in a key with empty or dotted parts, such as {@code a//b},
 * folders would mean something else than in a path.
 *
 * @param bucket a name, never an address: where requests go is not up to whoever writes models
 * @param key without a slash at either end; may hold wildcards
 */
public record S3Address(String bucket, String key) {
  private static final int KEY_BYTES_MAX = 1024;
  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://(.*)");
  private static final Pattern PLACE =
      Pattern.compile("([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/([^\\p{Cntrl}]+)");
  private static final Pattern ODD = Pattern.compile("(^|/)(\\.{0,2})(/|$)");

  /**
   * What a text means, when it is no path of this machine.
   *
   * @throws IllegalArgumentException when it has a scheme and is no such address
   */
  static Optional<S3Address> find(String text) {
    Matcher scheme = SCHEME.matcher(text);
    if (!scheme.matches()) {
      return Optional.empty();
    }
    if (!scheme.group(1).equals("s3")) {
      throw new IllegalArgumentException(
          "files cannot be read over " + scheme.group(1) + ":// (allowed: paths, s3://bucket/key)");
    }
    Matcher place = PLACE.matcher(scheme.group(2));
    if (!place.matches()) {
      throw new IllegalArgumentException(
          "not an address in S3 (allowed: s3://bucket/key, wildcards only in the key)");
    }
    String key = place.group(2);
    if (ODD.matcher(key).find()) {
      throw new IllegalArgumentException(
          "the key has an empty or dotted part (allowed: e.g. s3://bucket/prefix/*.parquet)");
    }
    if (key.getBytes(StandardCharsets.UTF_8).length > KEY_BYTES_MAX) {
      throw new IllegalArgumentException("the key is too long (allowed: 1024 bytes)");
    }
    return Optional.of(new S3Address(place.group(1), key));
  }

  /**
   * The address that a text is.
   *
   * @throws IllegalArgumentException when it is none
   */
  public static S3Address of(String text) {
    return find(text).orElseThrow(() -> new IllegalArgumentException("not an address in S3"));
  }
}
