package dev.attune.store.redis;

import dev.attune.core.profile.StoreException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.AsyncCommand;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The traffic of one kind: a connection to each server that is needed, and a bound on what is on
 * its way. A request goes to the server that has its key and follows the key when that has moved.
 * It is sent again only when a server said that it did not do it.
 */
final class Lane {
  /** How often a request is sent on at most. */
  private static final int HOPS_MAX = 5;

  private final Topology topology;
  private final Function<RedisAddress, RedisLink> connect;
  private final int queueMax;
  private final Map<RedisAddress, RedisLink> links = new ConcurrentHashMap<>();
  private final AtomicInteger onTheirWay = new AtomicInteger();

  /**
   * Without connections yet.
   *
   * @param queueMax most requests on their way
   */
  Lane(Topology topology, Function<RedisAddress, RedisLink> connect, int queueMax) {
    this.topology = topology;
    this.connect = connect;
    this.queueMax = queueMax;
  }

  /** Sends one; the next step gets its answer. When the call ends before, it is taken back. */
  <T> void ask(Call<?> call, Request<T> request, Consumer<? super T> next) {
    if (!admit(call, 1)) {
      return;
    }
    var exchange = new Exchange<>(request);
    call.then(exchange, next);
    var _ =
        call.whenComplete(
            (_, error) -> {
              if (error != null) {
                exchange.takeBack();
              }
            });
    var _ = exchange.whenComplete((_, _) -> onTheirWay.decrementAndGet());
    var _ =
        topology
            .placement()
            .whenComplete(
                (placement, error) -> {
                  if (error != null) {
                    exchange.completeExceptionally(error);
                  } else {
                    exchange.send(placement);
                  }
                });
  }

  /**
   * Sends all, with one flush for each server; the next step gets the answers in the requests'
   * order.
   */
  <T> void askAll(Call<?> call, List<Request<T>> requests, Consumer<List<T>> next) {
    if (!admit(call, requests.size())) {
      return;
    }
    List<Exchange<T>> exchanges = requests.stream().map(Exchange::new).toList();
    CompletableFuture<Void> all =
        CompletableFuture.allOf(exchanges.toArray(CompletableFuture[]::new));
    var _ = all.whenComplete((_, _) -> onTheirWay.addAndGet(-requests.size()));
    call.then(all, _ -> next.accept(exchanges.stream().map(Exchange::join).toList()));
    var _ =
        call.whenComplete(
            (_, error) -> {
              if (error != null) {
                exchanges.forEach(Exchange::takeBack);
              }
            });
    var _ =
        topology
            .placement()
            .whenComplete(
                (placement, error) -> {
                  if (error != null) {
                    exchanges.forEach(exchange -> exchange.completeExceptionally(error));
                  } else {
                    sendAll(placement, exchanges);
                  }
                });
  }

  private <T> void sendAll(Placement placement, List<Exchange<T>> exchanges) {
    Map<RedisAddress, List<Exchange<T>>> byServer = new HashMap<>();
    for (Exchange<T> exchange : exchanges) {
      RedisAddress server = exchange.server(placement);
      if (server != null) {
        byServer.computeIfAbsent(server, _ -> new ArrayList<>()).add(exchange);
      }
    }
    byServer.forEach(this::sendAll);
  }

  private <T> void sendAll(RedisAddress server, List<Exchange<T>> exchanges) {
    var _ =
        link(server)
            .connection()
            .whenComplete(
                (redis, error) -> {
                  if (error != null) {
                    exchanges.forEach(exchange -> exchange.fail(error));
                    return;
                  }
                  List<AsyncCommand<String, byte[], T>> commands = new ArrayList<>();
                  for (Exchange<T> exchange : exchanges) {
                    if (!exchange.isDone()) {
                      commands.add(exchange.begin(server, false));
                    }
                  }
                  dispatch(redis, commands);
                });
  }

  /**
   * Asks a certain server, in this order and with one flush. The stage completes once all are
   * answered; its failure is the first one's.
   */
  CompletionStage<Void> askServer(
      RedisAddress server, List<AsyncCommand<String, byte[], ?>> commands) {
    return link(server)
        .connection()
        .thenCompose(
            redis -> {
              dispatch(redis, commands);
              return CompletableFuture.allOf(commands.toArray(CompletableFuture[]::new));
            });
  }

  private static void dispatch(
      StatefulRedisConnection<String, byte[]> redis,
      List<? extends AsyncCommand<String, byte[], ?>> commands) {
    try {
      redis.dispatch(commands);
    } catch (RuntimeException e) {
      commands.forEach(command -> command.completeExceptionally(e)); // closed a moment ago
    }
  }

  private boolean admit(Call<?> call, int requests) {
    if (call.isDone()) {
      return false;
    }
    if (onTheirWay.addAndGet(requests) > queueMax) {
      onTheirWay.addAndGet(-requests);
      call.fail(
          new StoreException(
              StoreException.Kind.OVERLOADED, "Redis: the queue of requests is full"));
      return false;
    }
    return true;
  }

  private RedisLink link(RedisAddress server) {
    RedisLink link = links.get(server);
    return link == null ? links.computeIfAbsent(server, connect) : link;
  }

  /** Gives up the connection to a server; the next need makes a new one. */
  void reconnect(RedisAddress server) {
    RedisLink link = links.get(server);
    if (link != null) {
      link.close();
    }
  }

  /** Gives up the connections to servers that are no more. */
  void retain(Set<RedisAddress> servers) {
    links.keySet().stream()
        .filter(Predicate.not(servers::contains))
        .toList()
        .forEach(
            server -> {
              RedisLink link = links.remove(server);
              if (link != null) {
                link.close();
              }
            });
  }

  /** A request on its way; completes with the answer. */
  private final class Exchange<T> extends CompletableFuture<T> {
    private final Request<T> request;
    private volatile @Nullable AsyncCommand<String, byte[], T> command;
    private int hops; // of one thread at a time
    private boolean spelledOut;

    Exchange(Request<T> request) {
      this.request = request;
    }

    /** Null when there is none just now; then it has failed. */
    @Nullable RedisAddress server(Placement placement) {
      try {
        return placement.serverOf(request.key());
      } catch (StoreException e) {
        topology.doubt();
        completeExceptionally(e);
        return null;
      }
    }

    void send(Placement placement) {
      RedisAddress server = server(placement);
      if (server != null) {
        send(server, false);
      }
    }

    private void send(RedisAddress server, boolean asking) {
      var _ =
          link(server)
              .connection()
              .whenComplete(
                  (redis, error) -> {
                    if (error != null) {
                      fail(error);
                    } else if (!isDone()) {
                      var next = begin(server, asking);
                      dispatch(redis, asking ? List.of(Request.asking(), next) : List.of(next));
                    }
                  });
    }

    AsyncCommand<String, byte[], T> begin(RedisAddress server, boolean asking) {
      var next = (spelledOut ? request.spelledOut() : request.command()).get();
      command = next;
      var _ =
          next.whenComplete(
              (answer, error) -> {
                if (error == null) {
                  complete(answer);
                } else if (!isDone()) {
                  refused(server, asking, error);
                }
              });
      if (isDone()) {
        next.cancel(false); // taken back just now
      }
      return next;
    }

    private void refused(RedisAddress server, boolean asking, Throwable error) {
      Redirect redirect = Redirect.of(error, server);
      if (redirect != null && !redirect.asking()) {
        topology.doubt();
      }
      if (hops == HOPS_MAX) {
        fail(error);
      } else if (redirect != null) {
        hops++;
        send(redirect.server(), redirect.asking());
      } else if (RedisErrors.isNoScript(error)) {
        hops++;
        spelledOut = true; // also for the next server, should there be one
        send(server, asking);
      } else {
        if (RedisErrors.isReadOnly(error)) {
          reconnect(server); // a replica now; its name may have gone to another server
        }
        fail(error);
      }
    }

    void fail(Throwable error) {
      topology.doubt();
      completeExceptionally(error);
    }

    /** It is not waited for any more; what is not written yet is not written. */
    void takeBack() {
      if (completeExceptionally(new CancellationException())) {
        topology.doubt();
        var current = command;
        if (current != null) {
          current.cancel(false);
        }
      }
    }
  }
}
