package dev.attune.store.dynamodb;

import java.net.URI;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.defaultsmode.DefaultsMode;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbClientBuilder;

/** How the SDK is set up: blocking, bounded, and never repeating a request by itself. */
final class DynamoDriver implements AutoCloseable {
  /** A last resort: each request brings a shorter one. */
  private static final Duration SOCKET_TIMEOUT = Duration.ofMinutes(1);

  private final DynamoSettings settings;
  private final AwsCredentialsProvider credentials;

  DynamoDriver(DynamoSettings settings) {
    this.settings = settings;
    this.credentials =
        settings.accessKeyId().isEmpty()
            ? DefaultCredentialsProvider.builder().build()
            : StaticCredentialsProvider.create(
                AwsBasicCredentials.create(settings.accessKeyId(), settings.secretAccessKey()));
  }

  /** As many connections as requests may be under way, made when they are needed. */
  Connections connections() {
    return new Connections(
        client(),
        new Lane(settings.maxCallsUnderWay()),
        new Requests(settings.maxCallsUnderWay(), settings.readTimeout()));
  }

  DynamoDbClient client() {
    DynamoDbClientBuilder builder =
        DynamoDbClient.builder()
            .region(Region.of(settings.region()))
            .credentialsProvider(credentials)
            .defaultsMode(DefaultsMode.STANDARD)
            .httpClientBuilder(
                Apache5HttpClient.builder()
                    .maxConnections(settings.maxCallsUnderWay())
                    .connectionTimeout(settings.connectTimeout())
                    .connectionAcquisitionTimeout(SOCKET_TIMEOUT)
                    .socketTimeout(SOCKET_TIMEOUT)
                    .expectContinueEnabled(false)
                    .tcpKeepAlive(true))
            .overrideConfiguration(
                // Repeated, as it would by default, a write that was done and not answered would be
                // told as refused: the condition no longer holds.
                override -> override.retryStrategy(AwsRetryStrategy.doNotRetry()));
    if (!settings.endpoint().isEmpty()) {
      builder.endpointOverride(URI.create(settings.endpoint()));
    }
    return builder.build();
  }

  /** Stops looking after credentials. */
  @Override
  public void close() {
    if (credentials instanceof DefaultCredentialsProvider looked) {
      looked.close();
    }
  }
}
