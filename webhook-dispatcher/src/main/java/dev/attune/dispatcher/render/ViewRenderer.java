package dev.attune.dispatcher.render;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.StoreException;
import dev.attune.core.view.ViewDefinition;
import dev.attune.dispatcher.clock.Clocks;
import dev.attune.dispatcher.state.Changelogs;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.Profile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.jspecify.annotations.Nullable;

/**
 * Puts into documents what a view shows of the person, once, so that every attempt has the same
 * bytes. Stands behind the renderers; what needs no view passes.
 *
 * <p>Profiles are read beside the thread, which serves other webhooks and their attempts meanwhile.
 * What waits for one is in a store, so that nothing is lost, and leaves it in the order in which it
 * came; while the profile store is away it stays there. A profile that has gone, or does not parse,
 * shows no values: whether anything may be sent about that person is asked at each attempt.
 */
public final class ViewRenderer implements Processor<byte[], byte[], byte[], byte[]> {
  /** The store of what waits for a view, in order. */
  public static final String STORE = "waiting-views";

  /** How often what has been read is looked at. */
  public static final Duration TICK = Duration.ofMillis(20);

  private static final Duration READ_MAX = Duration.ofSeconds(1);
  private static final Duration AGAIN_AFTER = Duration.ofMillis(500);
  private static final int AT_ONCE = 200;

  private final DefinitionsSource definitions;
  private final ProfileStore profiles;
  private final Runnable failed;
  private final InstantSource clock;
  private final Deque<Waiting> reading = new ArrayDeque<>();
  private final Map<String, Integer> byWebhook = new HashMap<>();
  private ProcessorContext<byte[], byte[]> context;
  private KeyValueStore<Bytes, byte[]> waiting;

  /** Of the next one that comes. */
  private long next;

  /** Of the next one of the store that is to be read. */
  private long unread;

  /**
   * A renderer.
   *
   * @param failed told of each profile that could not be read; it is read again
   */
  @SuppressWarnings("NullAway.Init") // Streams calls init before anything else.
  public ViewRenderer(
      DefinitionsSource definitions, ProfileStore profiles, Runnable failed, InstantSource clock) {
    this.definitions = definitions;
    this.profiles = profiles;
    this.failed = failed;
    this.clock = clock;
  }

  @Override
  public void init(ProcessorContext<byte[], byte[]> context) {
    this.context = context;
    waiting = context.getStateStore(STORE);
    // Streams may open the same object again, with other contents in its store.
    reading.clear();
    byWebhook.clear();
    next = 0;
    unread = Long.MAX_VALUE;
    try (var all = waiting.all()) {
      while (all.hasNext()) {
        var entry = all.next();
        long sequence = ByteBuffer.wrap(entry.key.get()).getLong();
        unread = Math.min(unread, sequence);
        next = sequence + 1;
        byWebhook.merge(parse(entry.value).getWebhook(), 1, Integer::sum);
      }
    }
    unread = Math.min(unread, next);
    Changelogs.begin(
        context,
        () -> {
          Bytes nothing = key(-1);
          waiting.put(nothing, new byte[0]);
          waiting.delete(nothing);
        });
    context.schedule(TICK, PunctuationType.WALL_CLOCK_TIME, _ -> look());
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    boolean needsView = record.headers().lastHeader(Deliveries.VIEW) != null;
    // The webhook may have had a view until just now: what comes after must not overtake.
    if (!needsView && (byWebhook.isEmpty() || !byWebhook.containsKey(webhook(record)))) {
      context.forward(record);
      return;
    }
    waiting.put(key(next), record.value());
    byWebhook.merge(webhook(record), 1, Integer::sum);
    next++;
    fill();
  }

  private static String webhook(Record<byte[], byte[]> record) {
    String key = new String(record.key(), StandardCharsets.UTF_8);
    return key.substring(0, key.indexOf('/'));
  }

  /** Sends on what has been read, as far as nothing before it is still to be. */
  private void look() {
    for (Waiting one : reading) {
      one.readAgainIfFailed();
    }
    for (Waiting first = reading.peek(); first != null; first = reading.peek()) {
      Optional<Optional<Profile>> read = first.result();
      if (read.isEmpty()) {
        break;
      }
      reading.remove();
      waiting.delete(key(first.sequence));
      byWebhook.computeIfPresent(
          first.delivery.getWebhook(), (_, count) -> count == 1 ? null : count - 1);
      context.forward(Deliveries.record(complete(first.delivery, read.get()), clock));
    }
    fill();
  }

  private Delivery complete(Delivery delivery, Optional<Profile> profile) {
    ViewDefinition view = definitions.current().views().get(delivery.getView());
    Delivery.Builder complete = delivery.toBuilder().clearView();
    // One that was removed since, with its webhook or for another view, shows nothing.
    return view == null
        ? complete.build()
        : complete
            .setBody(Payload.withView(delivery.getBody(), view, profile, Clocks.micros(clock)))
            .build();
  }

  private void fill() {
    if (unread == next || reading.size() >= AT_ONCE) {
      return;
    }
    try (var range = waiting.range(key(unread), key(next - 1))) {
      while (range.hasNext() && reading.size() < AT_ONCE) {
        var entry = range.next();
        long sequence = ByteBuffer.wrap(entry.key.get()).getLong();
        reading.add(new Waiting(sequence, parse(entry.value)));
        unread = sequence + 1;
      }
    }
  }

  private static Optional<Profile> profile(
      @Nullable LookupResult found, @Nullable Throwable error) {
    if (found == null) {
      Throwable cause = error instanceof CompletionException e ? e.getCause() : error;
      // One that cannot be read would keep all others waiting for ever.
      if (cause instanceof StoreException e && e.kind() == StoreException.Kind.CORRUPT) {
        return Optional.empty();
      }
      throw new StoreException(StoreException.Kind.UNAVAILABLE, "the profile could not be read");
    }
    return switch (found) {
      case LookupResult.Found(var served) -> {
        try {
          yield Optional.of(Profile.parseFrom(served.profileBytes()));
        } catch (InvalidProtocolBufferException e) {
          yield Optional.empty();
        }
      }
      case LookupResult.Absent _ -> Optional.empty();
    };
  }

  private static Bytes key(long sequence) {
    return Bytes.wrap(ByteBuffer.allocate(Long.BYTES).putLong(sequence).array());
  }

  private static Delivery parse(byte[] bytes) {
    try {
      return Delivery.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a delivery that waits for a view does not parse", e);
    }
  }

  /** A delivery whose person's profile is being read. */
  private final class Waiting {
    private final long sequence;
    private final Delivery delivery;
    private CompletableFuture<Optional<Profile>> read;
    private long againAtMicros = Long.MAX_VALUE;

    Waiting(long sequence, Delivery delivery) {
      this.sequence = sequence;
      this.delivery = delivery;
      read = read();
    }

    private CompletableFuture<Optional<Profile>> read() {
      if (delivery.getView().isEmpty()) {
        return CompletableFuture.completedFuture(Optional.empty());
      }
      try {
        return (delivery.hasAbout()
                ? profiles.find(Identifier.of(delivery.getAbout()), READ_MAX)
                : profiles.findById(delivery.getProfileId(), READ_MAX))
            .toCompletableFuture()
            .copy()
            .handle(ViewRenderer::profile);
      } catch (RuntimeException e) {
        return CompletableFuture.failedFuture(e);
      }
    }

    void readAgainIfFailed() {
      if (!read.isCompletedExceptionally()) {
        return;
      }
      long now = Clocks.micros(clock);
      if (againAtMicros == Long.MAX_VALUE) {
        failed.run();
        againAtMicros = now + AGAIN_AFTER.toNanos() / 1_000;
      } else if (now >= againAtMicros) {
        againAtMicros = Long.MAX_VALUE;
        read = read();
      }
    }

    /** What was read; empty while it is not. */
    Optional<Optional<Profile>> result() {
      return read.isDone() && !read.isCompletedExceptionally()
          ? Optional.of(read.join())
          : Optional.empty();
    }
  }
}
