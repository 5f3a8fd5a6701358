package dev.attune.store.redis;

import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.output.KeyScanOutput;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.output.ValueListOutput;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What is asked of the server that has a key. Its command is made anew each time it is sent.
 *
 * @param command what to send
 * @param spelledOut what to send when the server does not know the script
 */
record Request<T>(
    String key,
    Supplier<AsyncCommand<String, byte[], T>> command,
    Supplier<AsyncCommand<String, byte[], T>> spelledOut) {

  private static <T> Request<T> of(String key, Supplier<AsyncCommand<String, byte[], T>> command) {
    return new Request<>(key, command, command);
  }

  static Request<byte[]> get(String key) {
    return of(key, () -> command(CommandType.GET, value(), args().addKey(key)));
  }

  static Request<byte[]> hget(String key, String field) {
    return of(key, () -> command(CommandType.HGET, value(), args().addKey(key).add(field)));
  }

  static Request<List<byte @Nullable []>> hmget(String key, List<String> fields) {
    return of(
        key,
        () -> {
          var args = args().addKey(key);
          fields.forEach(args::add);
          return command(CommandType.HMGET, list(), args);
        });
  }

  /** Short by its digest; spelled out it also teaches the script to the server. */
  static Request<Long> script(Script script, String key, List<byte[]> values) {
    return new Request<>(
        key,
        () -> eval(CommandType.EVALSHA, script.digest(), key, values),
        () -> eval(CommandType.EVAL, script.text(), key, values));
  }

  private static AsyncCommand<String, byte[], Long> eval(
      CommandType how, String script, String key, List<byte[]> values) {
    var args = args().add(script).add(1).addKey(key);
    values.forEach(args::addValue);
    return command(how, new IntegerOutput<>(RedisLink.CODEC), args);
  }

  /** What a server says of itself. */
  static AsyncCommand<String, byte[], byte[]> info(String section) {
    return command(CommandType.INFO, value(), args().add(section));
  }

  /** Some keys of one server. */
  static AsyncCommand<String, byte[], KeyScanCursor<String>> scan(
      String cursor, String pattern, int count) {
    return command(
        CommandType.SCAN,
        new KeyScanOutput<>(RedisLink.CODEC),
        args().add(cursor).add("MATCH").add(pattern).add("COUNT").add(count));
  }

  /** Lets the next command of the connection in, though the slot is only about to be here. */
  static AsyncCommand<String, byte[], String> asking() {
    return command(CommandType.ASKING, new StatusOutput<>(RedisLink.CODEC), args());
  }

  private static <T> AsyncCommand<String, byte[], T> command(
      ProtocolKeyword type,
      CommandOutput<String, byte[], T> output,
      CommandArgs<String, byte[]> args) {
    return new AsyncCommand<>(new Command<>(type, output, args));
  }

  private static CommandArgs<String, byte[]> args() {
    return new CommandArgs<>(RedisLink.CODEC);
  }

  private static CommandOutput<String, byte[], byte[]> value() {
    return new ValueOutput<>(RedisLink.CODEC);
  }

  /** The driver's own list says nothing of nulls, but a field that is not there is one. */
  @SuppressWarnings("NullAway")
  private static CommandOutput<String, byte[], List<byte @Nullable []>> list() {
    return new ValueListOutput<>(RedisLink.CODEC);
  }
}
