package dev.attune.store.dynamodb;

import java.net.URI;
import java.time.Duration;

/**
 * Where DynamoDB is and how far it may be pushed.
 *
 * @param region its AWS region, such as {@code eu-central-1}
 * @param endpoint an {@code http://} or {@code https://} address instead of the region's own; empty
 *     for the region's own
 * @param tablePrefix of every table's name, one for each workspace: a-z, 0-9, {@code .} and {@code
 *     -}, at most 64
 * @param accessKeyId whom to sign requests as; empty for whatever the AWS SDK finds in its usual
 *     places: environment, profile files, the container's or the instance's role
 * @param secretAccessKey of that access key; empty when there is none
 * @param connectTimeout of one attempt to connect; 10 ms to 1 min
 * @param readTimeout after which one read request is asked again, within the call's own timeout,
 *     which holds for everything; 10 ms to 1 min
 * @param maxCallsUnderWay most lookups at a time, above which they are refused as overload, up to a
 *     hundred that are asked for together counting as one; most requests of bulk reads and writes
 *     at a time, whose others wait; and most of those at a time. 1 to 4096
 */
public record DynamoSettings(
    String region,
    String endpoint,
    String tablePrefix,
    String accessKeyId,
    String secretAccessKey,
    Duration connectTimeout,
    Duration readTimeout,
    int maxCallsUnderWay) {
  public static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(1);
  public static final Duration READ_TIMEOUT = Duration.ofSeconds(2);

  /** Enough for 10,000 lookups a second of two requests each that take 5 ms. */
  public static final int MAX_CALLS_UNDER_WAY = 128;

  private static final Duration SHORTEST = Duration.ofMillis(10);
  private static final Duration LONGEST = Duration.ofMinutes(1);
  private static final int MOST_CALLS = 4096;

  public DynamoSettings {
    if (!region.matches("[a-z0-9-]{1,64}")) {
      throw new IllegalArgumentException(
          "region: \"" + region + "\" (expected: one of AWS, such as eu-central-1)");
    }
    if (!endpoint.isEmpty()) {
      checkEndpoint(endpoint);
    }
    if (!tablePrefix.matches("[a-z0-9][a-z0-9.-]{0,63}")) {
      throw new IllegalArgumentException(
          "tablePrefix: \"" + tablePrefix + "\" (allowed: a-z, 0-9, . and -, at most 64)");
    }
    if (accessKeyId.isEmpty() != secretAccessKey.isEmpty()) {
      throw new IllegalArgumentException(
          "accessKeyId, secretAccessKey: one of them is empty (expected: both or none)");
    }
    checkBounds("connectTimeout", connectTimeout);
    checkBounds("readTimeout", readTimeout);
    if (maxCallsUnderWay < 1 || maxCallsUnderWay > MOST_CALLS) {
      throw new IllegalArgumentException(
          "maxCallsUnderWay: " + maxCallsUnderWay + " (expected: 1-" + MOST_CALLS + ")");
    }
  }

  /** AWS itself, with the credentials that the SDK finds. */
  public static DynamoSettings aws(String region, String tablePrefix) {
    return new DynamoSettings(
        region, "", tablePrefix, "", "", CONNECT_TIMEOUT, READ_TIMEOUT, MAX_CALLS_UNDER_WAY);
  }

  /** Something that speaks DynamoDB on this machine and asks nobody who they are. */
  public static DynamoSettings local(URI endpoint, String tablePrefix) {
    return new DynamoSettings(
        "local",
        endpoint.toString(),
        tablePrefix,
        "local",
        "local",
        CONNECT_TIMEOUT,
        READ_TIMEOUT,
        MAX_CALLS_UNDER_WAY);
  }

  private static void checkEndpoint(String endpoint) {
    try {
      URI uri = URI.create(endpoint);
      if (uri.getHost() != null
          && uri.getUserInfo() == null
          && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
        return;
      }
    } catch (IllegalArgumentException e) {
      // Said below, without the text: people put passwords into addresses.
    }
    throw new IllegalArgumentException("endpoint: not understood (expected: https://host[:port])");
  }

  private static void checkBounds(String name, Duration value) {
    if (value.compareTo(SHORTEST) < 0 || value.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 10 ms to 1 min)");
    }
  }

  /** Without the credentials. */
  @Override
  public String toString() {
    return "dynamodb://"
        + region
        + "/"
        + tablePrefix
        + (endpoint.isEmpty() ? "" : " at " + endpoint);
  }
}
