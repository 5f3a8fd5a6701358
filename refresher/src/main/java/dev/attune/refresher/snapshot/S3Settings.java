package dev.attune.refresher.snapshot;

import java.net.URI;
import java.net.URISyntaxException;

/**
 * How S3 is reached. Credentials are those that the AWS SDK finds: environment, profile files, a
 * web identity, the machine's role. Where they are sent is said here, by whoever runs the process,
 * and never by a model.
 *
 * @param region e.g. {@code eu-central-1}; empty: the one that the SDK finds
 * @param endpoint {@code http(s)://host[:port]} of a store that speaks S3; empty: the region's own
 * @param pathStyle whether the bucket stands in the path and not in the host's name
 * @param diskMegabytes that the objects of one run may take in the state directory (1 to 16777216)
 */
public record S3Settings(String region, String endpoint, boolean pathStyle, int diskMegabytes) {
  /** AWS, in the region that the SDK finds; 50 GB. */
  public static final S3Settings DEFAULT = new S3Settings("", "", false, 51_200);

  /** The most that one run's objects may be allowed to take. */
  public static final int DISK_MEGABYTES_MOST = 1 << 24;

  public S3Settings {
    if (!region.isEmpty() && !region.matches("[a-z0-9-]{1,40}")) {
      throw new IllegalArgumentException("region: not a region's name (allowed: e.g. us-east-1)");
    }
    if (!endpoint.isEmpty() && !isEndpoint(endpoint)) {
      throw new IllegalArgumentException(
          "endpoint: not an address (allowed: http://host:port or https://host:port, without a"
              + " user, a path or a query)");
    }
    if (diskMegabytes < 1 || diskMegabytes > DISK_MEGABYTES_MOST) {
      throw new IllegalArgumentException(
          "diskMegabytes: " + diskMegabytes + " (allowed: 1 to " + DISK_MEGABYTES_MOST + ")");
    }
  }

  private static boolean isEndpoint(String endpoint) {
    try {
      URI uri = new URI(endpoint);
      return String.valueOf(uri.getScheme()).matches("https?")
          && uri.getHost() != null
          && uri.getRawUserInfo() == null
          && uri.getRawQuery() == null
          && uri.getRawFragment() == null
          && uri.getRawPath().matches("/?");
    } catch (URISyntaxException e) {
      return false;
    }
  }
}
