package dev.attune.store.redis;

import io.lettuce.core.internal.ExceptionFactory;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A command that says itself what came of it, once. The driver's own asynchronous command is a
 * future with one around it; a lookup is two commands, and most of what it allocated were futures.
 */
final class Sent<T> extends Command<String, byte[], T> {
  /** Hears of the end, on the driver's thread. */
  interface Reply<T> {
    /**
     * @param answer what there was; only without an error
     */
    void ended(@Nullable T answer, @Nullable Throwable error);
  }

  private final Reply<T> reply;
  private final AtomicBoolean over = new AtomicBoolean();

  Sent(
      ProtocolKeyword type,
      CommandOutput<String, byte[], T> output,
      CommandArgs<String, byte[]> args,
      Reply<T> reply) {
    super(type, output, args);
    this.reply = reply;
  }

  @Override
  public void complete() {
    super.complete();
    if (over.compareAndSet(false, true)) {
      if (output.hasError()) {
        reply.ended(null, ExceptionFactory.createExecutionException(output.getError()));
      } else {
        reply.ended(output.get(), null);
      }
    }
  }

  @Override
  public boolean completeExceptionally(Throwable error) {
    boolean first = over.compareAndSet(false, true);
    super.completeExceptionally(error);
    if (first) {
      reply.ended(null, error);
    }
    return first;
  }

  /** What is not written yet is not written; an answer that comes all the same is dropped. */
  @Override
  public void cancel() {
    super.cancel();
    if (over.compareAndSet(false, true)) {
      reply.ended(null, new CancellationException());
    }
  }
}
