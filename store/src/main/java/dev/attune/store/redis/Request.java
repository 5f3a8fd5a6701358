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
 * @param form what to send
 * @param spelledOut what to send when the server does not know the script
 */
record Request<T>(String key, Form<T> form, Form<T> spelledOut) {
  /** Makes the command. */
  interface Form<T> {
    Sent<T> command(Sent.Reply<T> reply);
  }

  private static <T> Request<T> of(String key, Form<T> form) {
    return new Request<>(key, form, form);
  }

  static Request<byte[]> get(String key) {
    return of(key, reply -> new Sent<>(CommandType.GET, value(), args().addKey(key), reply));
  }

  static Request<byte[]> hget(String key, String field) {
    return of(
        key, reply -> new Sent<>(CommandType.HGET, value(), args().addKey(key).add(field), reply));
  }

  static Request<List<byte @Nullable []>> hmget(String key, List<String> fields) {
    return of(
        key,
        reply -> {
          var args = args().addKey(key);
          fields.forEach(args::add);
          return new Sent<>(CommandType.HMGET, list(), args, reply);
        });
  }

  /** Short by its digest; spelled out it also teaches the script to the server. */
  static Request<Long> script(Script script, String key, List<byte[]> values) {
    return script(script, List.of(key), values, () -> new IntegerOutput<>(RedisLink.CODEC));
  }

  /** The same for keys that are all on one server, of a script that answers a text. */
  static Request<byte[]> script(Script script, List<String> keys, List<byte[]> values) {
    return script(script, keys, values, Request::value);
  }

  private static <T> Request<T> script(
      Script script,
      List<String> keys,
      List<byte[]> values,
      Supplier<CommandOutput<String, byte[], T>> output) {
    return new Request<>(
        keys.getFirst(),
        reply -> eval(CommandType.EVALSHA, script.digest(), keys, values, output.get(), reply),
        reply -> eval(CommandType.EVAL, script.text(), keys, values, output.get(), reply));
  }

  private static <T> Sent<T> eval(
      CommandType how,
      String script,
      List<String> keys,
      List<byte[]> values,
      CommandOutput<String, byte[], T> output,
      Sent.Reply<T> reply) {
    var args = args().add(script).add(keys.size()).addKeys(keys);
    values.forEach(args::addValue);
    return new Sent<>(how, output, args, reply);
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
