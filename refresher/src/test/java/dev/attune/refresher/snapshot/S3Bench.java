package dev.attune.refresher.snapshot;

import dev.attune.testkit.Await;
import dev.attune.testkit.S3Backend;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** A bucket of its own, filled by AWS's client, and this process's credentials for it. */
final class S3Bench implements AutoCloseable {
  private static final Duration CLOCK_MAX = Duration.ofSeconds(10);

  final String bucket = "shop-" + UUID.randomUUID();
  final S3Client s3;

  S3Bench(S3Backend backend) {
    s3 =
        S3Client.builder()
            .region(Region.US_EAST_1)
            .endpointOverride(backend.endpoint())
            .forcePathStyle(true)
            // S3Proxy knows no checksums behind a body.
            .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
            .serviceConfiguration(configuration -> configuration.chunkedEncodingEnabled(false))
            .credentialsProvider(
                StaticCredentialsProvider.create(
                    AwsBasicCredentials.create(
                        S3Backend.ACCESS_KEY_ID, S3Backend.SECRET_ACCESS_KEY)))
            .build();
    s3.createBucket(request -> request.bucket(bucket));
    credentials(S3Backend.ACCESS_KEY_ID, S3Backend.SECRET_ACCESS_KEY);
    System.setProperty("aws.disableEc2Metadata", "true");
    System.setProperty("aws.sharedCredentialsFile", "/nowhere/credentials");
    System.setProperty("aws.configFile", "/nowhere/config");
  }

  /** What the SDK finds in this process. */
  void credentials(String accessKeyId, String secretAccessKey) {
    System.setProperty("aws.accessKeyId", accessKeyId);
    System.setProperty("aws.secretAccessKey", secretAccessKey);
  }

  /** The SDK finds none. */
  void withoutCredentials() {
    System.clearProperty("aws.accessKeyId");
    System.clearProperty("aws.secretAccessKey");
  }

  static S3Settings settings(URI endpoint, int diskMegabytes) {
    return new S3Settings("us-east-1", endpoint.toString(), true, diskMegabytes);
  }

  void put(String key, String content) {
    put(key, content.getBytes(StandardCharsets.UTF_8));
  }

  void put(String key, byte[] content) {
    s3.putObject(request -> request.bucket(bucket).key(key), RequestBody.fromBytes(content));
  }

  void put(String key, Path file) {
    s3.putObject(request -> request.bucket(bucket).key(key), file);
  }

  /** Puts an object that is newer than another one. */
  void putAfter(String other, String key, String content) {
    Instant before = modified(other);
    Await.until(
        CLOCK_MAX,
        key + " is not newer than " + other,
        () -> {
          put(key, content);
          return modified(key).isAfter(before);
        });
  }

  private Instant modified(String key) {
    return s3.listObjectsV2(request -> request.bucket(bucket).prefix(key)).contents().stream()
        .filter(object -> object.key().equals(key))
        .findFirst()
        .orElseThrow()
        .lastModified();
  }

  void delete(String key) {
    s3.deleteObject(request -> request.bucket(bucket).key(key));
  }

  /** A model with another bucket's name in place of {@code BUCKET}. */
  String in(String model) {
    return model.replace("BUCKET", bucket);
  }

  @Override
  public void close() {
    withoutCredentials();
    System.clearProperty("aws.disableEc2Metadata");
    System.clearProperty("aws.sharedCredentialsFile");
    System.clearProperty("aws.configFile");
    s3.close();
  }
}
