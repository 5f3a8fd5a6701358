package dev.attune.store.redis;

import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.ValueListOutput;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Many commands that are written with one flush; the answers come in the commands' order. */
final class Batch {
  private Batch() {}

  static AsyncCommand<String, byte[], byte[]> get(String key) {
    return new AsyncCommand<>(
        new Command<>(CommandType.GET, new ValueOutput<>(RedisLink.CODEC), args().addKey(key)));
  }

  static AsyncCommand<String, byte[], byte[]> hget(String key, String field) {
    return new AsyncCommand<>(
        new Command<>(
            CommandType.HGET, new ValueOutput<>(RedisLink.CODEC), args().addKey(key).add(field)));
  }

  static AsyncCommand<String, byte[], List<byte @Nullable []>> hmget(
      String key, List<String> fields) {
    var args = args().addKey(key);
    fields.forEach(args::add);
    CommandOutput<String, byte[], List<byte @Nullable []>> output = listOutput();
    return new AsyncCommand<>(new Command<>(CommandType.HMGET, output, args));
  }

  /** A script by its digest, or by its text, which also teaches it to Redis. */
  static AsyncCommand<String, byte[], Long> script(
      CommandType how, String script, String key, List<byte[]> values) {
    var args = args().add(script).add(1).addKey(key);
    values.forEach(args::addValue);
    return new AsyncCommand<>(new Command<>(how, new IntegerOutput<>(RedisLink.CODEC), args));
  }

  /**
   * Writes them all; the stage completes, always well, once each has its answer or its failure.
   * When the call ends before, what is not written yet is not written any more.
   */
  static <T> CompletionStage<?> send(
      StatefulRedisConnection<String, byte[]> redis,
      Call<?> call,
      List<AsyncCommand<String, byte[], T>> commands) {
    if (commands.isEmpty()) {
      return CompletableFuture.completedStage(null);
    }
    var _ =
        call.whenComplete(
            (_, error) -> {
              if (error != null) {
                commands.forEach(command -> command.cancel(false));
              }
            });
    redis.dispatch(commands);
    return CompletableFuture.allOf(commands.toArray(CompletableFuture[]::new))
        .handle((_, _) -> null);
  }

  private static CommandArgs<String, byte[]> args() {
    return new CommandArgs<>(RedisLink.CODEC);
  }

  /** The driver's own list says nothing of nulls, but a field that is not there is one. */
  @SuppressWarnings("NullAway")
  private static CommandOutput<String, byte[], List<byte @Nullable []>> listOutput() {
    return new ValueListOutput<>(RedisLink.CODEC);
  }
}
