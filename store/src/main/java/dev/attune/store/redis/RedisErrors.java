package dev.attune.store.redis;

import dev.attune.core.profile.StoreException;
import dev.attune.core.profile.StoreException.Kind;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisNoScriptException;
import io.netty.channel.ChannelException;
import java.io.IOException;
import java.security.cert.CertificateException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;

/** What a failure of Redis or of its driver means to a caller. */
final class RedisErrors {
  private static final int CAUSES_MAX = 100;
  private static final Pattern STOPPED_SCRIPT =
      Pattern.compile("^ERR Error running script .* -([A-Z]{2,20}) ");

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

  /** Whether a replica was asked to write. */
  static boolean isReadOnly(Throwable error) {
    return code(refusalText(error)).equals("READONLY");
  }

  /** What Redis said when it did not do it; empty when it said nothing. May quote a command. */
  static String refusalText(Throwable error) {
    return unwrap(error) instanceof RedisCommandExecutionException e
        ? String.valueOf(e.getMessage())
        : "";
  }

  /** Not connected; says why where an operator has to do something. */
  private static StoreException disconnected(Exception error) {
    String why = "Redis: not connected, or the connection broke";
    for (Throwable cause : causes(error)) {
      if (cause instanceof RedisCommandExecutionException refusal) {
        return refusal(refusal);
      }
      if (cause instanceof SSLException || cause instanceof CertificateException) {
        why = "Redis: no encrypted connection; its certificate, or ours, was not accepted";
      }
    }
    return new StoreException(Kind.UNAVAILABLE, why, error);
  }

  /** All that led to an error, also what happened at each of several servers. */
  private static List<Throwable> causes(Throwable error) {
    List<Throwable> causes = new ArrayList<>(List.of(error));
    for (int i = 0; i < causes.size() && causes.size() < CAUSES_MAX; i++) {
      Throwable cause = causes.get(i).getCause();
      if (cause != null) {
        causes.add(cause);
      }
      causes.addAll(List.of(causes.get(i).getSuppressed()));
    }
    return causes;
  }

  /** An answer of Redis; of its text only the code is kept, for the rest may quote a command. */
  private static StoreException refusal(RedisCommandExecutionException error) {
    String code = code(String.valueOf(error.getMessage()));
    String detail =
        switch (code) {
          case "WRONGPASS" -> " (the user name or the password is wrong)";
          case "NOAUTH" -> " (it asks for a password)";
          case "CROSSSLOT" ->
              " (the server is part of a cluster; it was configured as a single one)";
          case "NOPERM" -> " (the user may not run a command, or not on keys of this prefix)";
          default -> "";
        };
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
              "MOVED",
              "ASK",
              "NOAUTH",
              "NOPERM",
              "WRONGPASS" ->
              Kind.UNAVAILABLE;
          default -> Kind.CORRUPT;
        };
    return new StoreException(
        kind, "Redis refused: " + (code.isEmpty() ? "an error" : code) + detail);
  }

  /** The first word; before Redis 7, what stopped a script stands within the words of an ERR. */
  private static String code(String text) {
    Matcher script = STOPPED_SCRIPT.matcher(text);
    return script.find() ? script.group(1) : text.replaceAll("(?s)[^A-Z].*", "");
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
