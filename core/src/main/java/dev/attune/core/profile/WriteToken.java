package dev.attune.core.profile;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Collections;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Where an accepted request's events stand in the log: whoever hands it to a lookup reads what it
 * wrote. Opaque to callers; written {@code v1.} and base64url without padding of {@code
 * partition:offset,...}, sorted by partition.
 *
 * @param lastOffsets partitions of the events topic to the offset of the request's last record
 *     there; 1 to 256 of them
 */
public record WriteToken(SortedMap<Integer, Long> lastOffsets) {
  /** Most partitions in one token. */
  public static final int PARTITIONS_MAX = 256;

  /** Longest token in characters: 256 times a partition of 10 digits and an offset of 16. */
  public static final int LENGTH_MAX = 10_000;

  /** Offsets are compared with marks, which a store keeps exactly up to here. */
  private static final long OFFSET_MAX = 1L << 53;

  private static final String VERSION = "v1.";

  private static final Pattern ENTRY = Pattern.compile("(0|[1-9][0-9]{0,9}):(0|[1-9][0-9]{0,15})");

  public WriteToken {
    lastOffsets = Collections.unmodifiableSortedMap(new TreeMap<>(lastOffsets));
    if (lastOffsets.isEmpty() || lastOffsets.size() > PARTITIONS_MAX) {
      throw new IllegalArgumentException(
          "token: " + lastOffsets.size() + " partitions (expected: 1-" + PARTITIONS_MAX + ")");
    }
    lastOffsets.forEach(
        (partition, offset) -> {
          if (partition < 0 || offset < 0 || offset > OFFSET_MAX) {
            throw new IllegalArgumentException(
                "token: a partition or an offset is out of bounds (expected: 0 or greater)");
          }
        });
  }

  /** The token as callers carry it: ASCII without spaces, fit for a header and a query. */
  public String encode() {
    StringJoiner entries = new StringJoiner(",");
    lastOffsets.forEach((partition, offset) -> entries.add(partition + ":" + offset));
    return VERSION
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(entries.toString().getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * Reads what {@link #encode} wrote, and nothing else.
   *
   * @throws IllegalArgumentException with one sentence when it is not a token
   */
  public static WriteToken decode(String token) {
    if (token.length() > LENGTH_MAX) {
      throw new IllegalArgumentException(
          "token: " + token.length() + " characters (expected: at most " + LENGTH_MAX + ")");
    }
    if (!token.startsWith(VERSION)) {
      throw notOne();
    }
    TreeMap<Integer, Long> lastOffsets = new TreeMap<>();
    String[] entries = decoded(token.substring(VERSION.length())).split(",", -1);
    if (entries.length > PARTITIONS_MAX) {
      throw new IllegalArgumentException(
          "token: " + entries.length + " partitions (expected: 1-" + PARTITIONS_MAX + ")");
    }
    for (String entry : entries) {
      var matcher = ENTRY.matcher(entry);
      if (!matcher.matches()) {
        throw notOne();
      }
      long partition = Long.parseLong(matcher.group(1));
      if (partition > Integer.MAX_VALUE
          || (!lastOffsets.isEmpty() && partition <= lastOffsets.lastKey())) {
        throw notOne();
      }
      lastOffsets.put((int) partition, Long.parseLong(matcher.group(2)));
    }
    return new WriteToken(lastOffsets);
  }

  private static String decoded(String text) {
    try {
      return new String(Base64.getUrlDecoder().decode(text), StandardCharsets.US_ASCII);
    } catch (IllegalArgumentException _) {
      throw notOne();
    }
  }

  private static IllegalArgumentException notOne() {
    return new IllegalArgumentException(
        "token: not one that the collector wrote (expected: the header Attune-Token of its reply)");
  }
}
