package dev.attune.core.profile;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Where an accepted request's events stand in the log: whoever hands it to a lookup reads what it
 * wrote. Opaque to callers; written {@code v1.} and base64url without padding of {@code
 * partition:offset,partition:first-last,...}, sorted.
 *
 * @param spans of the events topic, in which the request's records stand and nobody else's; 1 to
 *     256 of them in 1 to 256 partitions, with at most 4,096 records
 */
public record WriteToken(List<Span> spans) {
  /** Most spans in one token, and so most partitions. */
  public static final int SPANS_MAX = 256;

  /** Most records that a token names. */
  public static final int RECORDS_MAX = 4_096;

  /** Longest token in characters: 256 times a partition of 10 digits and two offsets of 16. */
  public static final int LENGTH_MAX = 15_400;

  /** Most spans that are named of a request whose records were scattered; it fits into a URI. */
  private static final int SCATTERED_MAX = 128;

  /** Offsets are compared with marks, which a store keeps exactly up to here. */
  private static final long OFFSET_MAX = 1L << 53;

  private static final String VERSION = "v1.";

  private static final String OFFSET = "(0|[1-9][0-9]{0,15})";
  private static final Pattern ENTRY =
      Pattern.compile("(0|[1-9][0-9]{0,9}):" + OFFSET + "(?:-" + OFFSET + ")?");

  /**
   * Records that follow one another in a partition.
   *
   * @param first its first offset
   * @param last its last offset, the same for a single record
   */
  public record Span(int partition, long first, long last) {
    public Span {
      if (partition < 0 || first < 0 || last < first || last > OFFSET_MAX) {
        throw new IllegalArgumentException(
            "token: a partition or an offset is out of bounds (expected: 0 or greater)");
      }
    }

    long records() {
      return last - first + 1;
    }

    /** Later, and not to be written as one with it. */
    private boolean isBehind(Span other) {
      return partition > other.partition
          || (partition == other.partition && first > other.last + 1);
    }

    private String encode() {
      return partition + ":" + first + (first == last ? "" : "-" + last);
    }
  }

  public WriteToken {
    spans = List.copyOf(spans);
    checkSize(spans.size());
    long records = 0;
    Span before = null;
    for (Span span : spans) {
      if (before != null && !span.isBehind(before)) {
        throw notOne();
      }
      before = span;
      records += span.records();
    }
    if (records > RECORDS_MAX) {
      throw new IllegalArgumentException(
          "token: " + records + " records (expected: 1-" + RECORDS_MAX + ")");
    }
  }

  /** Of one record in each partition. */
  public WriteToken(SortedMap<Integer, Long> offsets) {
    this(
        offsets.entrySet().stream()
            .map(e -> new Span(e.getKey(), e.getValue(), e.getValue()))
            .toList());
  }

  /**
   * Of the records of a request, by partition. When others wrote so much in between that they are
   * scattered over more than 128 places, the last ones of each partition are named: they are waited
   * for, and so are all before them, but whether one of those was rejected is not told.
   */
  public static WriteToken of(Map<Integer, ? extends Collection<Long>> offsets) {
    int each = Math.max(1, SCATTERED_MAX / Math.max(1, offsets.size()));
    List<Span> spans = new ArrayList<>();
    new TreeMap<>(offsets)
        .forEach(
            (partition, own) -> {
              List<Span> all = spans(partition, new TreeSet<>(own));
              spans.addAll(all.subList(Math.max(0, all.size() - each), all.size()));
            });
    return new WriteToken(spans);
  }

  private static List<Span> spans(int partition, SortedSet<Long> offsets) {
    List<Span> spans = new ArrayList<>();
    for (long offset : offsets) {
      if (!spans.isEmpty() && spans.getLast().last() + 1 == offset) {
        spans.add(new Span(partition, spans.removeLast().first(), offset));
      } else {
        spans.add(new Span(partition, offset, offset));
      }
    }
    return spans;
  }

  /** Partitions to the offset of the request's last record there. */
  public SortedMap<Integer, Long> lastOffsets() {
    TreeMap<Integer, Long> last = new TreeMap<>();
    spans.forEach(span -> last.put(span.partition(), span.last()));
    return last;
  }

  /** The token as callers carry it: ASCII without spaces, fit for a header and a query. */
  public String encode() {
    StringJoiner entries = new StringJoiner(",");
    spans.forEach(span -> entries.add(span.encode()));
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
    String[] entries = decoded(token.substring(VERSION.length())).split(",", -1);
    checkSize(entries.length);
    List<Span> spans = new ArrayList<>(entries.length);
    for (String entry : entries) {
      Span span = span(entry);
      // One spelling only.
      if (!span.encode().equals(entry)) {
        throw notOne();
      }
      spans.add(span);
    }
    return new WriteToken(spans);
  }

  private static Span span(String entry) {
    var matcher = ENTRY.matcher(entry);
    if (!matcher.matches()) {
      throw notOne();
    }
    long partition = Long.parseLong(matcher.group(1));
    if (partition > Integer.MAX_VALUE) {
      throw notOne();
    }
    long first = Long.parseLong(matcher.group(2));
    String last = matcher.group(3);
    return new Span((int) partition, first, last == null ? first : Long.parseLong(last));
  }

  private static void checkSize(int spans) {
    if (spans < 1 || spans > SPANS_MAX) {
      throw new IllegalArgumentException(
          "token: " + spans + " places in the log (expected: 1-" + SPANS_MAX + ")");
    }
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
