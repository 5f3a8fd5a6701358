package dev.attune.platform.grpc;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * The threads on which calls arrive and, if it can use them, the store is asked: what begins on one
 * ends there. Closed after all that uses them.
 */
public final class EventLoops implements AutoCloseable {
  private static final long CLOSE_SECONDS_MAX = 2;

  private final EventLoopGroup group;

  private EventLoops(EventLoopGroup group) {
    this.group = group;
  }

  /** One for each processor. */
  public static EventLoops start() {
    return new EventLoops(
        new MultiThreadIoEventLoopGroup(
            Runtime.getRuntime().availableProcessors(),
            new DefaultThreadFactory("lookups", true),
            NioIoHandler.newFactory()));
  }

  public EventLoopGroup group() {
    return group;
  }

  @Override
  public void close() {
    group
        .shutdownGracefully(0, CLOSE_SECONDS_MAX, TimeUnit.SECONDS)
        .awaitUninterruptibly(CLOSE_SECONDS_MAX, TimeUnit.SECONDS);
  }
}
