package dev.attune.dispatcher.send;

import com.google.protobuf.ByteString;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.form.Forms;
import dev.attune.platform.http.InvalidJsonException;
import dev.attune.proto.v1.Delivery;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Attempts over HTTP/1.1, one virtual thread each; the caller bounds how many run at once.
 *
 * <p>An attempt has one deadline over the whole exchange, follows no redirect, knows no proxy,
 * cookie or compression, and connects only to an address that the {@link AddressPolicy} admitted.
 * The status decides; of the answer's body at most 16 KB are read, so that the connection can be
 * used again, and kept for the delivery log: of an answer that takes the delivery 256 bytes.
 *
 * <p>A delivery that an operator has replayed from the dead letters carries {@code attune-replay:
 * true}: it may be older than what the endpoint has had since. A sample carries {@code attune-test:
 * true}.
 */
public final class HttpSender implements Sender {
  private static final int RESPONSE_BYTES_MAX = 16 * 1_024;
  // Nearly all attempts are taken: 16 KB of each would be most of what is kept.
  private static final int TAKEN_BYTES_KEPT = 256;
  private static final int RESPONSE_HEADERS_MAX = 100;
  private static final int RESPONSE_LINE_MAX = 8_192;
  private static final Duration RETRY_AFTER_MAX = Duration.ofDays(1);
  private static final String REPLAY_HEADER = "attune-replay";
  private static final String TEST_HEADER = "attune-test";

  private static final int GONE = 410;

  /** What a repetition of the same bytes would not change. */
  private static final Set<Integer> REJECTIONS =
      Set.of(400, 404, 405, 406, 411, 413, 414, 415, 422);

  private final Signatures signatures;
  private final InstantSource clock;
  private final HostLookups lookups;
  private final CloseableHttpClient tls;
  private final CloseableHttpClient plain;
  private final ExecutorService attempts =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("webhook-attempt-", 0).factory());
  private final ScheduledExecutorService deadlines =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("webhook-deadlines").factory());

  /**
   * @param version of Attune, for the User-Agent
   * @param connectionsMax most connections of each of https and http
   */
  public static HttpSender create(
      Signatures signatures, AddressPolicy policy, String version, int connectionsMax) {
    return new HttpSender(
        signatures,
        policy,
        version,
        connectionsMax,
        InstantSource.system(),
        InetAddress::getAllByName);
  }

  HttpSender(
      Signatures signatures,
      AddressPolicy policy,
      String version,
      int connectionsMax,
      InstantSource clock,
      HostLookups.Lookup lookup) {
    this.signatures = signatures;
    this.clock = clock;
    lookups = new HostLookups(lookup);
    // Two clients, because http without TLS has a policy of its own.
    tls = client(new CheckedResolver(policy, true, lookups), version, connectionsMax);
    plain = client(new CheckedResolver(policy, false, lookups), version, connectionsMax);
  }

  private static CloseableHttpClient client(
      CheckedResolver resolver, String version, int connectionsMax) {
    var connections =
        PoolingHttpClientConnectionManagerBuilder.create()
            .setDnsResolver(resolver)
            .setMaxConnTotal(connectionsMax)
            .setMaxConnPerRoute(connectionsMax)
            .setConnectionFactory(
                ManagedHttpClientConnectionFactory.builder()
                    .http1Config(
                        Http1Config.custom()
                            .setMaxHeaderCount(RESPONSE_HEADERS_MAX)
                            .setMaxLineLength(RESPONSE_LINE_MAX)
                            .build())
                    .build())
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(
                        Timeout.ofMilliseconds(WebhookDefinition.TIMEOUT_MAX.toMillis()))
                    // A name that points elsewhere is followed within this time.
                    .setTimeToLive(TimeValue.ofMinutes(1))
                    .setValidateAfterInactivity(TimeValue.ofMilliseconds(500))
                    .build())
            .build();
    return HttpClients.custom()
        .setConnectionManager(connections)
        .setUserAgent("Attune/" + version)
        .disableRedirectHandling()
        .disableAutomaticRetries()
        .disableCookieManagement()
        .disableAuthCaching()
        .disableContentCompression()
        .evictIdleConnections(TimeValue.ofSeconds(20))
        .build();
  }

  @Override
  public CompletionStage<Outcome> send(WebhookDefinition webhook, Delivery delivery) {
    CompletableFuture<Outcome> result = new CompletableFuture<>();
    try {
      attempts.execute(
          () -> {
            try {
              result.complete(attempt(webhook, delivery));
            } catch (RuntimeException | Error e) {
              // An attempt without an end would keep its slot and its queue for ever.
              result.complete(unexpected(e));
              if (e instanceof VirtualMachineError error) {
                throw error;
              }
            }
          });
    } catch (RejectedExecutionException e) {
      result.complete(Outcome.Failed.because("the dispatcher is closing"));
    } catch (Error e) {
      // There is no thread for it.
      result.complete(unexpected(e));
    }
    return result;
  }

  private static Outcome unexpected(Throwable error) {
    return Outcome.Failed.because("failed: " + error.getClass().getSimpleName());
  }

  private Outcome attempt(WebhookDefinition webhook, Delivery delivery) {
    long deadlineNanos = System.nanoTime() + webhook.timeout().toNanos();
    HttpPost request;
    try {
      request = request(webhook, delivery);
    } catch (Secrets.SecretException e) {
      return new Outcome.NotSent(e.why());
    } catch (Forms.UnknownFormException e) {
      return new Outcome.NotSent(e.why());
    } catch (InvalidJsonException e) {
      return new Outcome.Unsendable("the body does not parse, so that its form cannot be made");
    }
    AtomicBoolean late = new AtomicBoolean();
    ScheduledFuture<?> deadline =
        deadlines.schedule(
            () -> {
              late.set(true);
              request.cancel();
            },
            deadlineNanos - System.nanoTime(),
            TimeUnit.NANOSECONDS);
    try {
      CloseableHttpClient client = "https".equals(webhook.url().getScheme()) ? tls : plain;
      ClassicHttpResponse response =
          ScopedValue.where(CheckedResolver.DEADLINE_NANOS, deadlineNanos)
              .call(
                  () ->
                      client.executeOpen(
                          HttpHost.create(webhook.url()), request, HttpClientContext.create()));
      return outcome(response, Redaction.of(finish(request, response), delivery));
    } catch (HostLookups.LookupTimeoutException e) {
      // Its own words, whether or not the deadline has been noticed as well.
      return Outcome.Failed.because("the host's name was not resolved in time");
    } catch (IOException e) {
      return Outcome.Failed.because(
          late.get() ? "no answer within " + webhook.timeout().toMillis() + " ms" : words(e));
    } finally {
      deadline.cancel(false);
    }
  }

  private HttpPost request(WebhookDefinition webhook, Delivery delivery)
      throws Secrets.SecretException, Forms.UnknownFormException {
    Forms.Formed formed = Forms.of(delivery);
    ByteString body = formed.body();
    Instant now = clock.instant();
    HttpPost request = new HttpPost(webhook.url());
    webhook.headers().forEach(request::setHeader);
    request.setHeader("webhook-id", delivery.getWebhookId());
    request.setHeader("webhook-timestamp", Long.toString(now.getEpochSecond()));
    request.setHeader(
        "webhook-signature", signatures.header(webhook, delivery.getWebhookId(), now, body));
    if (delivery.getReplay()) {
      request.setHeader(REPLAY_HEADER, "true");
    }
    if (delivery.getTest()) {
      request.setHeader(TEST_HEADER, "true");
    }
    request.setEntity(
        new ByteArrayEntity(body.toByteArray(), ContentType.create(formed.contentType())));
    Timeout timeout = Timeout.ofMilliseconds(webhook.timeout().toMillis());
    request.setConfig(
        RequestConfig.custom()
            .setConnectionRequestTimeout(timeout)
            .setResponseTimeout(timeout)
            .setProtocolUpgradeEnabled(false)
            .build());
    return request;
  }

  private Outcome outcome(ClassicHttpResponse response, String answer) {
    int status = response.getCode();
    if (status >= 200 && status < 300) {
      return new Outcome.Delivered(status, answer);
    }
    if (status == GONE) {
      return new Outcome.Gone(answer);
    }
    if (REJECTIONS.contains(status)) {
      return new Outcome.Rejected(status, answer);
    }
    String words =
        status >= 300 && status < 400
            ? "HTTP " + status + " (redirects are not followed)"
            : "HTTP " + status;
    return new Outcome.Failed(status, words, retryAfter(response), answer);
  }

  private @Nullable Duration retryAfter(ClassicHttpResponse response) {
    Header header = response.getFirstHeader("Retry-After");
    if (header == null || header.getValue() == null) {
      return null;
    }
    String value = header.getValue().strip();
    try {
      Duration after =
          value.matches("[0-9]{1,9}")
              ? Duration.ofSeconds(Long.parseLong(value))
              : Duration.between(
                  clock.instant(),
                  Instant.from(ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)));
      if (after.isNegative()) {
        return null;
      }
      return after.compareTo(RETRY_AFTER_MAX) > 0 ? RETRY_AFTER_MAX : after;
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  // Reads a small body to its end, so that the connection can be used again; cuts a large or a slow
  // one. Closing alone would read all of it. Returns what is kept of it.
  private static byte[] finish(HttpPost request, ClassicHttpResponse response) {
    ByteArrayOutputStream read = new ByteArrayOutputStream();
    try {
      HttpEntity entity = response.getEntity();
      if (entity != null) {
        InputStream in = entity.getContent();
        byte[] part = new byte[4_096];
        for (int length = in.read(part); length >= 0; length = in.read(part)) {
          read.write(part, 0, length);
          if (read.size() > RESPONSE_BYTES_MAX) {
            request.cancel();
            break;
          }
        }
      }
    } catch (IOException e) {
      // The status is known: how the body ends decides nothing.
      request.cancel();
    }
    try {
      response.close();
    } catch (IOException e) {
      // Nothing is left to close.
    }
    boolean isTaken = response.getCode() >= 200 && response.getCode() < 300;
    int kept = isTaken ? TAKEN_BYTES_KEPT : RESPONSE_BYTES_MAX;
    return Arrays.copyOf(read.toByteArray(), Math.min(read.size(), kept));
  }

  private static String words(IOException error) {
    return switch (error) {
      case CheckedResolver.AddressRefusedException e -> "address refused: " + e.getMessage();
      case UnknownHostException _ -> "the host's name does not resolve";
      case SocketTimeoutException _ -> "no answer in time";
      case SSLException _ -> "TLS failed";
      case NoHttpResponseException _, ConnectionClosedException _ ->
          "the connection was closed without an answer";
      case java.net.ConnectException _ -> "the connection was refused";
      case SocketException _ -> "the connection was reset";
      default -> {
        // HTTP that does not parse comes wrapped.
        yield error.getCause() instanceof HttpException
            ? "the answer is not HTTP"
            : "failed: " + error.getClass().getSimpleName();
      }
    };
  }

  /** Ends what runs: attempts that are cut off count as failed. */
  @Override
  public void close() {
    tls.close(CloseMode.IMMEDIATE);
    plain.close(CloseMode.IMMEDIATE);
    attempts.shutdownNow();
    deadlines.shutdownNow();
    lookups.close();
  }
}
