package dev.attune.refresher.snapshot;

import java.net.URI;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.awscore.defaultsmode.DefaultsMode;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/**
 * Opens buckets, each time with the credentials that are there then: files with them may be
 * replaced while the process runs.
 */
final class S3Access {
  // A check must end within a minute, also when nothing answers.
  private static final Duration CONNECT_MAX = Duration.ofSeconds(5);
  private static final Duration SILENCE_MAX = Duration.ofSeconds(10);
  private static final Duration CALL_MAX = Duration.ofSeconds(20);
  // Of a store that does not care for regions.
  private static final Region ANY = Region.US_EAST_1;

  private final S3Settings settings;
  private final Duration patience;

  /**
   * @param patience how long what failed for want of S3 is repeated
   */
  S3Access(S3Settings settings, Duration patience) {
    this.settings = settings;
    this.patience = patience;
  }

  /** The same without patience. */
  S3Access hasty() {
    return new S3Access(settings, Duration.ZERO);
  }

  S3Settings settings() {
    return settings;
  }

  /**
   * A bucket, to be closed; it need not exist.
   *
   * @throws RefusedException when there are no credentials, or no region
   */
  S3Tree open(String bucket) {
    Region region = region();
    var credentials = DefaultCredentialsProvider.builder().build();
    try {
      requireCredentials(credentials);
      S3ClientBuilder builder =
          S3Client.builder()
              .region(region)
              .credentialsProvider(credentials)
              .forcePathStyle(settings.pathStyle())
              // Nothing is sent: a checksum of nothing only offends stores that do not know it.
              .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
              .defaultsMode(DefaultsMode.STANDARD)
              .httpClientBuilder(
                  Apache5HttpClient.builder()
                      .maxConnections(S3Fetch.AT_ONCE)
                      .connectionTimeout(CONNECT_MAX)
                      .connectionAcquisitionTimeout(CALL_MAX)
                      .socketTimeout(SILENCE_MAX))
              .overrideConfiguration(
                  override ->
                      override
                          .apiCallTimeout(CALL_MAX)
                          .retryStrategy(AwsRetryStrategy.standardRetryStrategy()));
      if (!settings.endpoint().isEmpty()) {
        builder.endpointOverride(URI.create(settings.endpoint()));
      }
      String where =
          settings.endpoint().isEmpty() ? "S3 in " + region.id() : "S3 at " + settings.endpoint();
      return new S3Tree(
          builder.build(),
          credentials,
          bucket,
          new S3Failures(bucket, region.id(), where),
          patience);
    } catch (RuntimeException e) {
      credentials.close();
      throw e;
    }
  }

  private Region region() {
    if (!settings.region().isEmpty()) {
      return Region.of(settings.region());
    }
    try {
      return DefaultAwsRegionProviderChain.builder().build().getRegion();
    } catch (SdkClientException e) {
      if (!settings.endpoint().isEmpty()) {
        return ANY;
      }
      throw new RefusedException(
          "no region for S3 was found (allowed: s3.region of the config, AWS_REGION, or a profile)");
    }
  }

  private static void requireCredentials(AwsCredentialsProvider credentials) {
    try {
      credentials.resolveCredentials();
    } catch (SdkClientException e) {
      // Without what it says: it has the addresses and paths of all that was tried.
      throw new RefusedException(
          "no credentials for S3 were found (allowed: AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY,"
              + " a profile, a web identity, or the machine's role)");
    }
  }
}
