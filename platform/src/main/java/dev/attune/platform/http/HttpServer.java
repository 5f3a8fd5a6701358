package dev.attune.platform.http;

import dev.attune.platform.part.PortTakenException;
import io.helidon.common.concurrency.limits.FixedLimit;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.FilterChain;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.RoutingRequest;
import io.helidon.webserver.http.RoutingResponse;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The HTTP server of a process. Every part adds its routes to it. */
public final class HttpServer implements AutoCloseable {
  /** Largest body that any route may ask for, in bytes; {@link Replies#body} sets each route's. */
  public static final int BODY_BYTES_MAX = 64 << 20;

  private final WebServer server;

  private HttpServer(WebServer server) {
    this.server = server;
  }

  /**
   * Binds, and serves until closed.
   *
   * @param routes add theirs, first come first matched, e.g. {@code part::routes}
   * @throws PortTakenException when somebody else listens on the port
   */
  public static HttpServer start(
      HttpServerConfig config, List<? extends Consumer<HttpRouting.Builder>> routes) {
    InetAddress address = address(config.host());
    requireFree(config, address);
    HttpRouting.Builder routing = HttpRouting.builder().addFilter(HttpServer::closeWhenAsked);
    KnownRoutes known = new KnownRoutes(routing);
    routes.forEach(route -> route.accept(known));
    HttpErrors.install(routing, known);
    WebServer server = webServer(config, address, routing);
    try {
      return new HttpServer(server.start());
    } catch (RuntimeException e) {
      server.stop();
      if (isBindFailure(e)) {
        throw new PortTakenException("HTTP", config.host(), config.port(), e);
      }
      throw e;
    }
  }

  private static WebServer webServer(
      HttpServerConfig config, InetAddress address, HttpRouting.Builder routing) {
    Http1Config http1 =
        Http1Config.builder()
            .maxPrologueLength(8 << 10)
            // No header of ours carries what a caller sent.
            .validateResponseHeaders(false)
            .maxHeadersSize(config.headersBytesMax())
            .build();
    WebServerConfig.Builder builder =
        WebServer.builder()
            // The name as it was given, for those who check what a request calls it.
            .host(config.host())
            .address(address)
            .port(config.port())
            // Without it every reply of more than one segment waits for the other side's delayed
            // acknowledgement, about 40 ms.
            .connectionOptions(socket -> socket.tcpNoDelay(true).readTimeout(config.idleTimeout()))
            .backlog(1_024)
            .maxPayloadSize(BODY_BYTES_MAX)
            .maxTcpConnections(config.connectionsMax())
            .concurrencyLimit(FixedLimit.builder().permits(config.concurrencyMax()).build())
            .idleConnectionTimeout(config.idleTimeout())
            .idleConnectionPeriod(Duration.ofSeconds(30))
            .shutdownGracePeriod(config.shutdownGrace())
            // The process closes its parts in an order of its own.
            .shutdownHook(false)
            .protocolsDiscoverServices(false)
            .addConnectionSelector(Http1ConnectionSelector.builder().config(http1).build())
            .contentEncoding(
                encodings ->
                    encodings
                        .contentEncodingsDiscoverServices(false)
                        .addContentEncoding(new UnpackedByRoutes()))
            .errorHandling(errors -> errors.includeEntity(false).logAllMessages(false))
            .routing(routing);
    builder.directHandlers(
        handlers -> {
          for (DirectHandler.EventType type : DirectHandler.EventType.values()) {
            handlers.addHandler(type, HttpErrors::direct);
          }
        });
    return builder.build();
  }

  /** The web server says "Connection: close" to a client that asked for it, and then does not. */
  private static void closeWhenAsked(
      FilterChain chain, RoutingRequest request, RoutingResponse response) {
    chain.proceed();
    if (response.isSent() && request.headers().contains(HeaderValues.CONNECTION_CLOSE)) {
      throw new CloseConnectionException("the client asked for it");
    }
  }

  /** The port that it listens on. */
  public int port() {
    return server.port();
  }

  /** Takes no new connections, lets requests under way end within the grace period. */
  @Override
  public void close() {
    server.stop();
  }

  WebServer server() {
    return server;
  }

  private static InetAddress address(String host) {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException("host: not an address of this machine", e);
    }
  }

  /** Asked first: the web server reports a taken port on several lines of the log, too. */
  private static void requireFree(HttpServerConfig config, InetAddress address) {
    if (config.port() == 0) {
      return;
    }
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(address, config.port()));
    } catch (IOException e) {
      throw new PortTakenException("HTTP", config.host(), config.port(), e);
    }
  }

  private static boolean isBindFailure(@Nullable Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof BindException) {
        return true;
      }
    }
    return false;
  }
}
