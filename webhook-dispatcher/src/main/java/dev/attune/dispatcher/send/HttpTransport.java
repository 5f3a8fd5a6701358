package dev.attune.dispatcher.send;

import dev.attune.core.webhook.WebhookDefinition;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.Future;
import org.apache.hc.client5.http.HttpRoute;
import org.apache.hc.client5.http.RouteInfo.LayerType;
import org.apache.hc.client5.http.RouteInfo.TunnelType;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.config.TlsConfig;
import org.apache.hc.client5.http.impl.ChainElement;
import org.apache.hc.client5.http.impl.async.CloseableHttpAsyncClient;
import org.apache.hc.client5.http.impl.async.HttpAsyncClients;
import org.apache.hc.client5.http.impl.nio.PoolingAsyncClientConnectionManagerBuilder;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.concurrent.FutureCallback;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.nio.AsyncRequestProducer;
import org.apache.hc.core5.http.nio.ssl.TlsStrategy;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.http2.HttpVersionPolicy;
import org.apache.hc.core5.http2.config.H2Config;
import org.apache.hc.core5.io.CloseMode;
import org.apache.hc.core5.net.NamedEndpoint;
import org.apache.hc.core5.reactor.ssl.TransportSecurityLayer;
import org.apache.hc.core5.util.TimeValue;
import org.apache.hc.core5.util.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * Exchanges over HTTP/2, where the endpoint takes it, and HTTP/1.1, on connections that are kept. A
 * connection serves one exchange at a time: one that is cut off takes no other with it. Follows no
 * redirect, knows no cookie and unpacks nothing; what an endpoint can make it hold is bounded.
 */
final class HttpTransport implements AutoCloseable {
  private static final int HEADERS_MAX = 100;
  private static final int LINE_MAX = 8_192;
  private static final int HEADER_BYTES_MAX = 64 << 10;
  private static final int CONTINUATIONS_MAX = 16;
  private static final String ROUTE = "attune.route";
  private static final String CONNECTED = "attune.connected";

  private final CloseableHttpAsyncClient client;

  /**
   * Ready to connect.
   *
   * @param version of Attune, for the User-Agent
   * @param connectionsMax as many as there may be exchanges at once
   */
  HttpTransport(String version, int connectionsMax) {
    var connections =
        PoolingAsyncClientConnectionManagerBuilder.create()
            .setTlsStrategy(new TlsOfRoute())
            .setMaxConnTotal(connectionsMax)
            .setMaxConnPerRoute(connectionsMax)
            .setDefaultTlsConfig(
                TlsConfig.custom().setVersionPolicy(HttpVersionPolicy.NEGOTIATE).build())
            .setDefaultConnectionConfig(
                ConnectionConfig.custom()
                    .setConnectTimeout(of(WebhookDefinition.TIMEOUT_MAX))
                    .setTimeToLive(TimeValue.ofMinutes(1))
                    .build())
            .build();
    client =
        HttpAsyncClients.custom()
            .setConnectionManager(connections)
            .setRoutePlanner((_, context) -> (HttpRoute) context.getAttribute(ROUTE))
            .setUserAgent("Attune/" + version)
            .setHttp1Config(
                Http1Config.custom()
                    .setMaxHeaderCount(HEADERS_MAX)
                    .setMaxLineLength(LINE_MAX)
                    .build())
            .setH2Config(
                H2Config.custom()
                    .setPushEnabled(false)
                    .setInitialWindowSize(Answer.BYTES_MAX)
                    .setMaxHeaderListSize(HEADER_BYTES_MAX)
                    .setMaxContinuations(CONTINUATIONS_MAX)
                    .build())
            // What answers before this is the proxy.
            .addExecInterceptorAfter(
                ChainElement.CONNECT.name(),
                CONNECTED,
                (request, entity, scope, chain, callback) -> {
                  scope.clientContext.setAttribute(CONNECTED, true);
                  chain.proceed(request, entity, scope, callback);
                })
            .disableRedirectHandling()
            .disableAutomaticRetries()
            .disableCookieManagement()
            .disableAuthCaching()
            .disableContentCompression()
            .disableRequestPriority()
            .evictIdleConnections(TimeValue.ofSeconds(20))
            .build();
    client.start();
  }

  private static Timeout of(Duration duration) {
    return Timeout.ofMilliseconds(duration.toMillis());
  }

  /**
   * The way to an address that was checked. Through a proxy it is a tunnel even for plain http: a
   * proxy that is sent a request looks the name up itself.
   *
   * @param host whose certificate is expected there
   * @param tls null for plain http
   * @param proxy null for none; with its address
   * @param timeout of the attempt; a handshake that takes as long is over
   */
  static HttpRoute route(
      InetAddress address,
      String host,
      int port,
      @Nullable TlsStrategy tls,
      @Nullable HttpHost proxy,
      Duration timeout) {
    boolean secure = tls != null;
    HttpHost target =
        new HttpHost(secure ? "https" : "http", address, address.getHostAddress(), port);
    TlsName name = tls == null ? null : new TlsName(host, port, tls, of(timeout));
    return proxy == null
        ? new HttpRoute(target, name, null, secure)
        : new HttpRoute(
            target,
            name,
            null,
            new HttpHost[] {proxy},
            secure,
            TunnelType.TUNNELLED,
            secure ? LayerType.LAYERED : LayerType.PLAIN);
  }

  /** Whether an exchange has come as far as its endpoint: before that its proxy answers. */
  static boolean isConnected(HttpContext context) {
    return context.getAttribute(CONNECTED) != null;
  }

  /** Begins an exchange; its end is told to the callback, by a thread that must not be kept. */
  Future<Answer> begin(
      HttpRoute route,
      AsyncRequestProducer request,
      Answer answer,
      Duration timeout,
      FutureCallback<Answer> callback) {
    HttpClientContext context = HttpClientContext.create();
    context.setAttribute(ROUTE, route);
    Timeout most = of(timeout);
    context.setRequestConfig(
        RequestConfig.custom()
            .setConnectionRequestTimeout(most)
            .setResponseTimeout(most)
            .setProtocolUpgradeEnabled(false)
            .build());
    return client.execute(route.getTargetHost(), request, answer, null, context, callback);
  }

  /** Cuts off what runs. */
  @Override
  public void close() {
    client.close(CloseMode.IMMEDIATE);
  }

  /** As the route of each connection says. */
  private static final class TlsOfRoute implements TlsStrategy {
    @Override
    public void upgrade(
        TransportSecurityLayer layer,
        NamedEndpoint endpoint,
        Object attachment,
        Timeout handshakeTimeout,
        FutureCallback<TransportSecurityLayer> callback) {
      TlsName name = (TlsName) endpoint;
      // An attempt that is cut off during the handshake does not end it.
      name.tls().upgrade(layer, endpoint, attachment, name.handshakeMax(), callback);
    }

    @Deprecated
    @Override
    public boolean upgrade(
        TransportSecurityLayer layer,
        HttpHost host,
        SocketAddress local,
        SocketAddress remote,
        Object attachment,
        Timeout handshakeTimeout) {
      throw new UnsupportedOperationException("the other one is called");
    }
  }
}
