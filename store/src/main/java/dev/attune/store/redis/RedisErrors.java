package dev.attune.store.redis;

import dev.attune.core.profile.StoreException;
import dev.attune.core.profile.StoreException.Kind;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisNoScriptException;
import io.netty.channel.ChannelException;
import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;

/** What a failure of Redis or of its driver means to a caller. */
final class RedisErrors {
  private RedisErrors() {}

  static StoreException map(Throwable error) {
    return switch (unwrap(error)) {
      case StoreException e -> e;
      case RedisCommandExecutionException e -> refusal(e);
      // The driver has no type of its own for its full queue.
      case RedisException e when startsWith(e, "Request queue size exceeded") ->
          new StoreException(Kind.OVERLOADED, "Redis: the queue of requests is full", e);
      case RedisException e -> disconnected(e);
      case IOException e -> disconnected(e);
      case ChannelException e -> disconnected(e);
      case CancellationException e -> disconnected(e);
      case Throwable e -> new StoreException(Kind.CORRUPT, "Redis: an answer makes no sense", e);
    };
  }

  /** Whether Redis does not know a script, which it forgets when it restarts. */
  static boolean isNoScript(Throwable error) {
    return unwrap(error) instanceof RedisNoScriptException;
  }

  private static StoreException disconnected(Exception cause) {
    return new StoreException(
        Kind.UNAVAILABLE, "Redis: not connected, or the connection broke", cause);
  }

  /** An answer of Redis; of its text only the code is kept, for the rest may quote a command. */
  private static StoreException refusal(RedisCommandExecutionException error) {
    String text = String.valueOf(error.getMessage());
    String code = text.replaceAll("(?s)[^A-Z].*", "");
    Kind kind =
        switch (code) {
          case "OOM", "BUSY" -> Kind.OVERLOADED;
          case "LOADING",
              "MASTERDOWN",
              "READONLY",
              "NOREPLICAS",
              "MISCONF",
              "TRYAGAIN",
              "CLUSTERDOWN",
              "NOAUTH",
              "NOPERM",
              "WRONGPASS" ->
              Kind.UNAVAILABLE;
          default -> Kind.CORRUPT;
        };
    return new StoreException(kind, "Redis refused: " + (code.isEmpty() ? "an error" : code));
  }

  private static boolean startsWith(Throwable error, String prefix) {
    return String.valueOf(error.getMessage()).startsWith(prefix);
  }

  private static Throwable unwrap(Throwable error) {
    return error instanceof CompletionException && error.getCause() != null
        ? error.getCause()
        : error;
  }
}
