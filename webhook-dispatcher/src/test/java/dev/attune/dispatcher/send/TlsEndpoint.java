package dev.attune.dispatcher.send;

import dev.attune.testkit.TlsIdentity;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import java.io.File;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SNIServerName;
import org.jspecify.annotations.Nullable;

/** An endpoint over TLS that speaks the protocols that it is told to, on a server of Netty's. */
final class TlsEndpoint implements AutoCloseable {
  private static final int BODY_BYTES_MAX = 1 << 20;
  private static final int CHUNK_BYTES = 16 << 10;

  final ConcurrentLinkedQueue<Received> received = new ConcurrentLinkedQueue<>();
  final AtomicLong written = new AtomicLong();
  private final Map<String, Answering> answers = new ConcurrentHashMap<>();
  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Channel listener;

  /**
   * A request.
   *
   * @param protocol that was agreed on
   * @param host whom it is for
   * @param named the server that TLS asked for
   * @param connection the same one for all requests of a connection
   */
  record Received(
      String protocol, String host, List<String> named, String connection, String signature) {}

  /** How a path answers. */
  interface Answering {
    void answer(ChannelHandlerContext context, FullHttpRequest request);
  }

  /**
   * @param client whose certificate it asks for; null when it asks for none
   * @param protocols that it speaks, the best first: {@code h2}, {@code http/1.1}
   */
  static TlsEndpoint start(TlsIdentity server, @Nullable TlsIdentity client, List<String> protocols)
      throws Exception {
    SslContextBuilder builder =
        SslContextBuilder.forServer(new File(server.certificateFile()), new File(server.keyFile()))
            .applicationProtocolConfig(
                new ApplicationProtocolConfig(
                    Protocol.ALPN,
                    SelectorFailureBehavior.NO_ADVERTISE,
                    SelectedListenerFailureBehavior.ACCEPT,
                    protocols));
    if (client != null) {
      builder.trustManager(new File(client.certificateFile())).clientAuth(ClientAuth.REQUIRE);
    }
    return new TlsEndpoint(builder.build());
  }

  private TlsEndpoint(SslContext tls) throws InterruptedException {
    listener =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(tls.newHandler(channel.alloc()), new Negotiation());
                  }
                })
            .bind(InetAddress.ofLiteral("127.0.0.1"), 0)
            .sync()
            .channel();
  }

  int port() {
    return ((java.net.InetSocketAddress) listener.localAddress()).getPort();
  }

  /** What a path does; all others take what comes. */
  void on(String path, Answering answering) {
    answers.put(path, answering);
  }

  static Answering status(int status, String body, Map<String, String> headers) {
    return (context, request) -> {
      var response =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1,
              HttpResponseStatus.valueOf(status),
              Unpooled.copiedBuffer(body, StandardCharsets.UTF_8));
      HttpUtil.setContentLength(response, response.content().readableBytes());
      headers.forEach(response.headers()::add);
      var _ = context.writeAndFlush(response);
    };
  }

  /** Nothing, ever. */
  static Answering silence() {
    return (_, _) -> {};
  }

  /** 200, and a body that goes on for as long as it is read. */
  Answering endless() {
    return (context, _) -> {
      var _ = context.write(new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK));
      more(context);
    };
  }

  private void more(ChannelHandlerContext context) {
    context
        .writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[CHUNK_BYTES])))
        .addListener(
            done -> {
              if (done.isSuccess()) {
                written.addAndGet(CHUNK_BYTES);
                more(context);
              }
            });
  }

  /** 200, and the beginning of a body. */
  static Answering unfinished() {
    return (context, _) -> {
      var _ = context.write(new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK));
      var _ =
          context.writeAndFlush(
              new DefaultHttpContent(Unpooled.copiedBuffer("x", StandardCharsets.UTF_8)));
    };
  }

  private final class Negotiation extends ApplicationProtocolNegotiationHandler {
    Negotiation() {
      super(ApplicationProtocolNames.HTTP_1_1);
    }

    @Override
    protected void configurePipeline(ChannelHandlerContext context, String protocol) {
      List<String> named =
          ((ExtendedSSLSession) context.pipeline().get(SslHandler.class).engine().getSession())
              .getRequestedServerNames().stream()
                  .map(SNIServerName::getEncoded)
                  .map(name -> new String(name, StandardCharsets.US_ASCII))
                  .toList();
      String connection = context.channel().id().asShortText();
      if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
        context
            .pipeline()
            .addLast(
                Http2FrameCodecBuilder.forServer().encoderIgnoreMaxHeaderListSize(true).build(),
                new Http2MultiplexHandler(
                    new ChannelInitializer<Channel>() {
                      @Override
                      protected void initChannel(Channel stream) {
                        stream
                            .pipeline()
                            .addLast(
                                new Http2StreamFrameToHttpObjectCodec(true),
                                new HttpObjectAggregator(BODY_BYTES_MAX),
                                new Requests("h2", named, connection));
                      }
                    }),
                new Ends());
      } else {
        context
            .pipeline()
            .addLast(
                new HttpServerCodec(),
                new HttpObjectAggregator(BODY_BYTES_MAX),
                new Requests("http/1.1", named, connection));
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      // A client that does not believe this certificate, or shows none.
      var _ = context.close();
    }
  }

  private final class Requests extends SimpleChannelInboundHandler<FullHttpRequest> {
    private final String protocol;
    private final List<String> named;
    private final String connection;

    Requests(String protocol, List<String> named, String connection) {
      this.protocol = protocol;
      this.named = named;
      this.connection = connection;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
      received.add(
          new Received(
              protocol,
              String.valueOf(request.headers().get("host")),
              named,
              connection,
              String.valueOf(request.headers().get("webhook-signature"))));
      answers.getOrDefault(request.uri(), status(204, "", Map.of())).answer(context, request);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      // A sender that hung up.
      var _ = context.close();
    }
  }

  /** A connection that its sender cut off. */
  private static final class Ends extends ChannelInboundHandlerAdapter {
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      var _ = context.close();
    }
  }

  @Override
  public void close() {
    var _ = listener.close();
    var _ = loops.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS);
  }
}
