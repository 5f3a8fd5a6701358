package dev.attune.dispatcher.send;

import com.google.protobuf.ByteString;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.form.Forms;
import dev.attune.platform.http.InvalidJsonException;
import dev.attune.proto.v1.Delivery;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.HttpRequest;
import org.apache.hc.core5.http.message.BasicHttpRequest;
import org.apache.hc.core5.http.nio.entity.AsyncEntityProducers;
import org.apache.hc.core5.http.nio.ssl.TlsStrategy;
import org.apache.hc.core5.http.nio.support.BasicRequestProducer;
import org.jspecify.annotations.Nullable;

/**
 * Attempts over HTTP/2 and 1.1; the caller bounds how many run at once.
 *
 * <p>An attempt has one deadline over the whole exchange, follows no redirect, knows no cookie or
 * compression, and connects only to an address that the {@link AddressPolicy} admitted. The status
 * decides; of the answer's body at most 16 KB are read, so that the connection can be used again,
 * and kept for the delivery log: of an answer that takes the delivery 256 bytes.
 *
 * <p>A delivery that an operator has replayed from the dead letters carries {@code attune-replay:
 * true}: it may be older than what the endpoint has had since. A sample carries {@code attune-test:
 * true}.
 */
public final class HttpSender implements Sender {
  // Nearly all attempts are taken: 16 KB of each would be most of what is kept.
  private static final int TAKEN_BYTES_KEPT = 256;
  private static final Duration RETRY_AFTER_MAX = Duration.ofDays(1);
  private static final int HTTPS = 443;
  private static final int HTTP = 80;

  private static final String REPLAY_HEADER = "attune-replay";
  private static final String TEST_HEADER = "attune-test";

  private static final int GONE = 410;

  /** What a repetition of the same bytes would not change. */
  private static final Set<Integer> REJECTIONS =
      Set.of(400, 404, 405, 406, 411, 413, 414, 415, 422);

  private final Signatures signatures;
  private final Optional<Proxy> proxy;
  private final InstantSource clock;
  private final HostLookups lookups;
  private final CheckedResolver resolver;
  private final EndpointTrust trust;
  private final HttpTransport transport;
  // Signs and resolves, which may take its while; and takes in what is more than a few bytes.
  private final ExecutorService attempts =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("webhook-attempt-", 0).factory());
  private final ScheduledExecutorService deadlines =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("webhook-deadlines").factory());

  /**
   * @param version of Attune, for the User-Agent
   * @param connectionsMax most connections
   * @param proxy that all of them go through, if there is one
   */
  public static HttpSender create(
      Signatures signatures,
      AddressPolicy policy,
      Optional<Proxy> proxy,
      String version,
      int connectionsMax) {
    return new HttpSender(
        signatures,
        policy,
        proxy,
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
    this(signatures, policy, Optional.empty(), version, connectionsMax, clock, lookup);
  }

  HttpSender(
      Signatures signatures,
      AddressPolicy policy,
      Optional<Proxy> proxy,
      String version,
      int connectionsMax,
      InstantSource clock,
      HostLookups.Lookup lookup) {
    this.signatures = signatures;
    this.proxy = proxy;
    this.clock = clock;
    lookups = new HostLookups(lookup);
    resolver = new CheckedResolver(policy, lookups);
    trust = new EndpointTrust();
    transport = new HttpTransport(version, connectionsMax);
  }

  @Override
  public CompletionStage<Outcome> send(WebhookDefinition webhook, Delivery delivery) {
    CompletableFuture<Outcome> result = new CompletableFuture<>();
    try {
      attempts.execute(
          () -> {
            try {
              attempt(webhook, delivery, result);
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

  private void attempt(
      WebhookDefinition webhook, Delivery delivery, CompletableFuture<Outcome> result) {
    long deadlineNanos = System.nanoTime() + webhook.timeout().toNanos();
    boolean secure = "https".equals(webhook.url().getScheme());
    int port = webhook.url().getPort() >= 0 ? webhook.url().getPort() : secure ? HTTPS : HTTP;
    String host = webhook.url().getHost();
    try {
      Forms.Formed formed = Forms.of(delivery);
      HttpRequest request = request(webhook, delivery, formed.body());
      TlsStrategy tls = secure ? trust.of(webhook) : null;
      List<InetAddress> addresses = resolver.resolve(host, port, secure, deadlineNanos);
      HttpHost through = proxy.isEmpty() ? null : resolved(proxy.get(), deadlineNanos);
      List<HttpRoute> routes =
          addresses.stream()
              .map(
                  address ->
                      HttpTransport.route(address, host, port, tls, through, webhook.timeout()))
              .toList();
      new Attempt(webhook, delivery, request, formed, routes, deadlineNanos, result).begin();
    } catch (Secrets.SecretException e) {
      result.complete(new Outcome.NotSent(e.why()));
    } catch (Forms.UnknownFormException e) {
      result.complete(new Outcome.NotSent(e.why()));
    } catch (InvalidJsonException e) {
      result.complete(
          new Outcome.Unsendable("the body does not parse, so that its form cannot be made"));
    } catch (ProxyUnknownException e) {
      result.complete(Outcome.Failed.because("the proxy's name does not resolve"));
    } catch (HostLookups.LookupTimeoutException e) {
      result.complete(Outcome.Failed.because("the host's name was not resolved in time"));
    } catch (UnknownHostException e) {
      result.complete(Outcome.Failed.because(words(e)));
    }
  }

  // It is the operator's own: nobody else says where it is, and it may be anywhere.
  private HttpHost resolved(Proxy proxy, long deadlineNanos) throws ProxyUnknownException {
    try {
      Duration left = Duration.ofNanos(deadlineNanos - System.nanoTime());
      InetAddress address = lookups.lookUp(proxy.host(), left)[0];
      return new HttpHost("http", address, proxy.host(), proxy.port());
    } catch (UnknownHostException e) {
      throw new ProxyUnknownException();
    }
  }

  private HttpRequest request(WebhookDefinition webhook, Delivery delivery, ByteString body)
      throws Secrets.SecretException {
    Instant now = clock.instant();
    HttpRequest request = new BasicHttpRequest("POST", webhook.url());
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
    return request;
  }

  /** One attempt, at one address after the other until one of them can be connected to. */
  private final class Attempt implements FutureCallback<Answer> {
    private final WebhookDefinition webhook;
    private final Delivery delivery;
    private final HttpRequest request;
    private final Forms.Formed formed;
    private final Iterator<HttpRoute> routes;
    private final long deadlineNanos;
    private final CompletableFuture<Outcome> result;
    private Answer answer = new Answer();
    private @Nullable Future<Answer> running;
    private boolean late;

    Attempt(
        WebhookDefinition webhook,
        Delivery delivery,
        HttpRequest request,
        Forms.Formed formed,
        List<HttpRoute> routes,
        long deadlineNanos,
        CompletableFuture<Outcome> result) {
      this.webhook = webhook;
      this.delivery = delivery;
      this.request = request;
      this.formed = formed;
      this.routes = routes.iterator();
      this.deadlineNanos = deadlineNanos;
      this.result = result;
    }

    synchronized void begin() {
      ScheduledFuture<?> deadline =
          deadlines.schedule(this::late, deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
      var _ = result.whenComplete((_, _) -> deadline.cancel(false));
      next();
    }

    private synchronized void next() {
      byte[] body = formed.body().toByteArray();
      ContentType type = ContentType.create(formed.contentType());
      answer = new Answer();
      running =
          transport.begin(
              routes.next(),
              new BasicRequestProducer(request, AsyncEntityProducers.create(body, type)),
              answer,
              webhook.timeout(),
              this);
    }

    private void late() {
      Future<Answer> cut;
      synchronized (this) {
        late = true;
        cut = running;
      }
      if (cut != null) {
        cut.cancel(true);
      }
      // Whatever becomes of the exchange.
      end(new SocketTimeoutException());
    }

    @Override
    public void completed(Answer whole) {
      if (!whole.isOfProxy() || !isBegunAgain()) {
        end(null);
      }
    }

    @Override
    public void failed(Exception error) {
      if (!isNotConnected(error) || !isBegunAgain()) {
        end(error);
      }
    }

    // Nothing has reached the endpoint yet.
    private synchronized boolean isBegunAgain() {
      if (late || !routes.hasNext()) {
        return false;
      }
      next();
      return true;
    }

    @Override
    public void cancelled() {
      end(new SocketException());
    }

    private void end(@Nullable Exception error) {
      boolean isLate;
      Answer last;
      synchronized (this) {
        last = answer;
        isLate = late;
      }
      if (last.isOfProxy()) {
        result.complete(Outcome.Failed.because("the proxy answered HTTP " + last.status()));
        return;
      }
      if (last.status() == 0) {
        result.complete(
            Outcome.Failed.because(
                isLate || error == null
                    ? "no answer within " + webhook.timeout().toMillis() + " ms"
                    : proxy.isPresent() && isNotConnected(error)
                        ? "the proxy cannot be reached"
                        : words(error)));
        return;
      }
      // The status is known: how the body ends decides nothing.
      byte[] kept = last.body(isTaken(last.status()) ? TAKEN_BYTES_KEPT : Answer.BYTES_MAX);
      if (kept.length == 0) {
        result.complete(outcome(last, ""));
        return;
      }
      try {
        attempts.execute(() -> end(last, kept));
      } catch (RejectedExecutionException e) {
        result.complete(outcome(last, ""));
      }
    }

    private void end(Answer last, byte[] kept) {
      try {
        result.complete(outcome(last, Redaction.of(kept, delivery)));
      } catch (RuntimeException e) {
        result.complete(unexpected(e));
      }
    }
  }

  /** The proxy cannot be looked up. */
  private static final class ProxyUnknownException extends UnknownHostException {
    private static final long serialVersionUID = 1L;
  }

  private static boolean isNotConnected(Exception error) {
    return error instanceof ConnectException
        || error instanceof ConnectTimeoutException
        || error instanceof NoRouteToHostException;
  }

  private static boolean isTaken(int status) {
    return status >= 200 && status < 300;
  }

  private Outcome outcome(Answer answer, String body) {
    int status = answer.status();
    if (isTaken(status)) {
      return new Outcome.Delivered(status, body);
    }
    if (status == GONE) {
      return new Outcome.Gone(body);
    }
    if (REJECTIONS.contains(status)) {
      return new Outcome.Rejected(status, body);
    }
    String words =
        status >= 300 && status < 400
            ? "HTTP " + status + " (redirects are not followed)"
            : "HTTP " + status;
    return new Outcome.Failed(status, words, retryAfter(answer), body);
  }

  private @Nullable Duration retryAfter(Answer answer) {
    String header = answer.retryAfter();
    if (header == null) {
      return null;
    }
    String value = header.strip();
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

  private static String words(Exception error) {
    return switch (error) {
      case CheckedResolver.AddressRefusedException e -> "address refused: " + e.getMessage();
      case UnknownHostException _ -> "the host's name does not resolve";
      case SocketTimeoutException _ -> "no answer in time";
      case SSLException _ -> "TLS failed";
      case ConnectionClosedException _ -> "the connection was closed without an answer";
      case ConnectException _ -> "the connection was refused";
      case SocketException _ -> "the connection was reset";
      case HttpException _ -> "the answer is not HTTP";
      // What has no class of its own is a connection that broke while it was written to.
      case IOException e when e.getClass().equals(IOException.class) -> "the connection was reset";
      default -> "failed: " + error.getClass().getSimpleName();
    };
  }

  /** Ends what runs: attempts that are cut off count as failed. */
  @Override
  public void close() {
    transport.close();
    attempts.shutdownNow();
    deadlines.shutdownNow();
    lookups.close();
  }
}
