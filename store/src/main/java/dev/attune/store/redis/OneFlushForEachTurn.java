package dev.attune.store.redis;

import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.handler.ssl.SslHandler;

/**
 * Writes the commands of one turn of an event loop with one system call, instead of one each. No
 * timer: what is there at the turn's end goes.
 */
final class OneFlushForEachTurn implements NettyCustomizer {
  /** A turn that long has more than one. */
  private static final int COMMANDS_MAX = 256;

  @Override
  public void afterChannelInitialized(Channel channel) {
    var handler = new FlushConsolidationHandler(COMMANDS_MAX, true);
    var ssl = channel.pipeline().context(SslHandler.class);
    if (ssl == null) {
      channel.pipeline().addFirst(handler);
    } else {
      channel.pipeline().addAfter(ssl.name(), null, handler); // one record of TLS, too
    }
  }
}
