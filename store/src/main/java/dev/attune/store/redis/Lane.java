package dev.attune.store.redis;

import dev.attune.core.profile.StoreException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.RedisCommand;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future.State;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The traffic of one kind: a connection to each server that is needed, or one on each event loop of
 * its callers, and a bound on what is on its way. A request goes to the server that has its key and
 * follows the key when that has moved. It is sent again only when a server said that it did not do
 * it.
 */
final class Lane {
  /** How often a request is sent on at most. */
  private static final int HOPS_MAX = 5;

  private final Topology topology;
  private final Loops loops;
  private final Connect connect;
  private final int queueMax;

  /** A set for each loop. */
  private final List<Map<RedisAddress, RedisLink>> links;

  private final AtomicInteger onTheirWay = new AtomicInteger();

  /** Makes a connection of a set. */
  interface Connect {
    RedisLink link(int set, RedisAddress server);
  }

  /**
   * Without connections yet.
   *
   * @param queueMax most requests on their way
   */
  Lane(Topology topology, Loops loops, Connect connect, int queueMax) {
    this.topology = topology;
    this.loops = loops;
    this.connect = connect;
    this.queueMax = queueMax;
    List<Map<RedisAddress, RedisLink>> sets = new ArrayList<>();
    for (int i = 0; i < loops.sets(); i++) {
      sets.add(new ConcurrentHashMap<>());
    }
    links = List.copyOf(sets);
  }

  /** Sends one; the next step gets its answer. When the call ends before, it is taken back. */
  <T> void ask(Call<?> call, Request<T> request, Consumer<? super T> next) {
    if (!admit(call, 1)) {
      return;
    }
    var exchange =
        new Exchange<T>(
            request,
            (answer, error) -> {
              onTheirWay.decrementAndGet();
              call.step(answer, error, next);
            });
    call.onItsWay(exchange::takeBack);
    whenThere(
        topology.placement(),
        (placement, error) -> {
          if (error != null) {
            exchange.end(null, error);
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
    List<CompletableFuture<T>> answers = new ArrayList<>(requests.size());
    List<Exchange<T>> exchanges = new ArrayList<>(requests.size());
    for (Request<T> request : requests) {
      var answer = new CompletableFuture<T>();
      answers.add(answer);
      exchanges.add(
          new Exchange<>(
              request,
              (value, error) -> {
                if (error == null) {
                  answer.complete(value);
                } else {
                  answer.completeExceptionally(error);
                }
              }));
    }
    CompletableFuture<Void> all =
        CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new));
    var _ = all.whenComplete((_, _) -> onTheirWay.addAndGet(-requests.size()));
    call.then(all, _ -> next.accept(answers.stream().map(CompletableFuture::join).toList()));
    call.onItsWay(() -> exchanges.forEach(Exchange::takeBack));
    whenThere(
        topology.placement(),
        (placement, error) -> {
          if (error != null) {
            exchanges.forEach(exchange -> exchange.end(null, error));
          } else {
            sendAll(placement, exchanges);
          }
        });
  }

  /** Now if it is there, as nearly always, without a stage for what comes next. */
  private static <T> void whenThere(
      CompletionStage<T> stage, BiConsumer<? super T, ? super @Nullable Throwable> next) {
    if (stage instanceof CompletableFuture<T> future && future.state() == State.SUCCESS) {
      next.accept(future.resultNow(), null);
    } else {
      var _ = stage.whenComplete(next);
    }
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
    whenThere(
        link(server).connection(),
        (redis, error) -> {
          if (error != null) {
            exchanges.forEach(exchange -> exchange.fail(error));
            return;
          }
          List<Sent<T>> commands = new ArrayList<>(exchanges.size());
          for (Exchange<T> exchange : exchanges) {
            if (!exchange.over.get()) {
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
      List<? extends RedisCommand<String, byte[], ?>> commands) {
    try {
      if (commands.size() == 1) {
        redis.dispatch(commands.getFirst()); // with its flush; several have one of their own
      } else {
        redis.dispatch(commands);
      }
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
    int set = loops.here();
    Map<RedisAddress, RedisLink> here = links.get(set);
    RedisLink link = here.get(server);
    return link == null ? here.computeIfAbsent(server, to -> connect.link(set, to)) : link;
  }

  /** Gives up the connections to a server; the next need makes a new one. */
  void reconnect(RedisAddress server) {
    for (Map<RedisAddress, RedisLink> set : links) {
      RedisLink link = set.get(server);
      if (link != null) {
        link.close();
      }
    }
  }

  /** Gives up the connections to servers that are no more. */
  void retain(Set<RedisAddress> servers) {
    for (Map<RedisAddress, RedisLink> set : links) {
      set.keySet().stream()
          .filter(Predicate.not(servers::contains))
          .toList()
          .forEach(
              server -> {
                RedisLink link = set.remove(server);
                if (link != null) {
                  link.close();
                }
              });
    }
  }

  /** A request on its way; ends once, with the answer or why there is none. */
  private final class Exchange<T> {
    private final Request<T> request;
    private final Sent.Reply<T> then;
    private final AtomicBoolean over = new AtomicBoolean();
    private volatile @Nullable Sent<T> command;
    private int hops; // of one thread at a time
    private boolean spelledOut;

    Exchange(Request<T> request, Sent.Reply<T> then) {
      this.request = request;
      this.then = then;
    }

    boolean end(@Nullable T answer, @Nullable Throwable error) {
      boolean first = over.compareAndSet(false, true);
      if (first) {
        then.ended(answer, error);
      }
      return first;
    }

    /** Null when there is none just now; then it has failed. */
    @Nullable RedisAddress server(Placement placement) {
      try {
        return placement.serverOf(request.key());
      } catch (StoreException e) {
        topology.doubt();
        end(null, e);
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
      whenThere(
          link(server).connection(),
          (redis, error) -> {
            if (error != null) {
              fail(error);
            } else if (!over.get()) {
              Sent<T> next = begin(server, asking);
              dispatch(redis, asking ? List.of(Request.asking(), next) : List.of(next));
            }
          });
    }

    Sent<T> begin(RedisAddress server, boolean asking) {
      Sent<T> next =
          (spelledOut ? request.spelledOut() : request.form())
              .command(
                  (answer, error) -> {
                    if (error == null) {
                      end(answer, null);
                    } else if (!over.get()) {
                      refused(server, asking, error);
                    }
                  });
      command = next;
      if (over.get()) {
        next.cancel(); // taken back just now
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
      end(null, error);
    }

    /** It is not waited for any more; what is not written yet is not written. */
    void takeBack() {
      if (end(null, new CancellationException())) {
        topology.doubt();
        var current = command;
        if (current != null) {
          current.cancel();
        }
      }
    }
  }
}
