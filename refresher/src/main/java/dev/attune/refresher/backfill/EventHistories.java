package dev.attune.refresher.backfill;

import dev.attune.core.audience.KnownHistory;
import dev.attune.core.audience.MissingHistory;
import dev.attune.core.definition.Definitions;
import dev.attune.core.model.EventsModel;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.core.profile.TraitFit;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.EventHistory;
import dev.attune.refresher.consume.Poison;
import dev.attune.refresher.event.EventReader;
import dev.attune.refresher.event.KafkaChanges;
import dev.attune.refresher.log.LogReader;
import dev.attune.refresher.log.LogSpan;
import dev.attune.refresher.pace.Follower;
import dev.attune.refresher.pace.Pacer;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells events of the past again: first that it begins, in every partition of the changes; then
 * each event that stood in the log when that was known, with the profile that it belongs to today;
 * then that all has been told. Whoever reads a partition thus misses none: what is before the first
 * word is told again, and behind it they remember by themselves.
 */
public final class EventHistories {
  /** Few: people's events wait for as long as one takes. */
  private static final int CHUNK_MAX = 100;

  private static final long RETRY_MILLIS = 1_000;
  private static final Logger LOG = LoggerFactory.getLogger(EventHistories.class);

  private final KafkaSettings settings;
  private final ProfileWriter writer;
  private final KafkaChanges changes;
  private final EventReader reader;
  private final LoadedTables tables;
  private final List<Follower> followers;
  private final InstantSource clock;

  /** Hears how it goes. */
  interface Progress {
    void total(long offsets);

    void passed(long offsets, long told);

    /**
     * @param reason empty: it no longer is
     */
    void slowed(String reason);

    boolean stopping();
  }

  /**
   * @param followers for whom it slows down
   */
  public EventHistories(
      KafkaSettings settings,
      ProfileWriter writer,
      KafkaChanges changes,
      EventReader reader,
      LoadedTables tables,
      List<Follower> followers,
      InstantSource clock) {
    this.settings = settings;
    this.writer = writer;
    this.changes = changes;
    this.reader = reader;
    this.tables = tables;
    this.followers = List.copyOf(followers);
    this.clock = clock;
  }

  /**
   * Tells what is missing; blocks until the log has it for good.
   *
   * @param position how far the definitions had been read
   * @return what was told; empty when it was stopped
   */
  Optional<List<EventHistory>> tell(
      MissingHistory missing, Definitions definitions, long position, Progress progress)
      throws InterruptedException {
    List<EventHistory> words = missing.told(position, TraitFit.micros(clock.instant()));
    tell(words);
    String topic = settings.topics().events();
    LogSpan span = LogSpan.of(settings, topic, Instant.EPOCH);
    Set<String> loaded = loaded(missing, definitions);
    if (span.isCutOff()) {
      // What they brought may be deleted by now; it comes before the end of the span.
      loaded = tables.loadAgain(loaded, progress::stopping);
      span = LogSpan.of(settings, topic, Instant.EPOCH);
    }
    if (!tell(span, missing, definitions, progress)) {
      return Optional.empty();
    }
    // Behind the reading: what the log lost meanwhile may not have been read.
    long from = TraitFit.micros(LogSpan.completeFrom(settings, topic, clock));
    Set<String> whole = named(loaded, definitions);
    List<EventHistory> filled =
        words.stream()
            .map(
                word ->
                    word.toBuilder()
                        .setFilled(true)
                        .setFromMicros(whole.contains(MissingHistory.nameOf(word)) ? 0 : from)
                        .build())
            .toList();
    tell(filled);
    return Optional.of(filled);
  }

  /** Tells words on the past; blocks until the log has them for good. */
  void tell(List<EventHistory> words) {
    CompletableFuture.allOf(
            words.stream()
                .map(word -> changes.history(word).toCompletableFuture())
                .toArray(CompletableFuture[]::new))
        .join();
  }

  /** What is known, where tables that were loaded since it was told reach back far enough. */
  KnownHistory withLoaded(KnownHistory known, Definitions definitions) {
    List<EventsModel> models = eventsModels(definitions);
    return KnownHistory.of(
        known.entries().stream()
            .map(
                each ->
                    each.getFromMicros() != 0 && isLoadedSince(each, models)
                        ? each.toBuilder().setFromMicros(0).build()
                        : each)
            .toList());
  }

  private boolean isLoadedSince(EventHistory told, List<EventsModel> models) {
    Instant begun = Instant.EPOCH.plus(told.getBegunAtMicros(), ChronoUnit.MICROS);
    return models.stream()
        .filter(model -> model.eventName().equals(MissingHistory.nameOf(told)))
        .anyMatch(model -> tables.isLoadedSince(model.name(), begun));
  }

  private static List<EventsModel> eventsModels(Definitions definitions) {
    return definitions.models().values().stream()
        .filter(EventsModel.class::isInstance)
        .map(EventsModel.class::cast)
        .toList();
  }

  // Models that have brought events that are missing. One whose events are named by a column may
  // bring any: it is not known to bring all of one name.
  private Set<String> loaded(MissingHistory missing, Definitions definitions) {
    return eventsModels(definitions).stream()
        .filter(model -> missing.events().contains(model.eventName()))
        .map(EventsModel::name)
        .filter(model -> tables.isLoadedSince(model, Instant.EPOCH))
        .collect(Collectors.toSet());
  }

  private static Set<String> named(Set<String> models, Definitions definitions) {
    return eventsModels(definitions).stream()
        .filter(model -> models.contains(model.name()))
        .map(EventsModel::eventName)
        .collect(Collectors.toSet());
  }

  // False when it was stopped.
  private boolean tell(
      LogSpan span, MissingHistory missing, Definitions definitions, Progress progress)
      throws InterruptedException {
    progress.total(span.length());
    BooleanSupplier stopping = progress::stopping;
    var pacer = new Pacer(Pacer.Manner.GENTLE, followers, progress::slowed, stopping);
    var log = new LogReader(settings, stopping);
    long before = 0;
    var told = new Told();
    for (var part : span.ranges().entrySet()) {
      long passed = before;
      log.read(
          part.getKey(),
          part.getValue(),
          batch -> {
            List<ProfileInput> again = again(batch, missing, definitions);
            for (int i = 0; i < again.size(); i += CHUNK_MAX) {
              List<ProfileInput> chunk = again.subList(i, Math.min(i + CHUNK_MAX, again.size()));
              write(chunk, pacer, stopping);
              told.events += chunk.size();
            }
          },
          offsets -> progress.passed(passed + offsets, told.events));
      before += part.getValue().to() - part.getValue().from();
    }
    return !progress.stopping();
  }

  // While the store or the log is away it is tried again: it may have taken hours to come so far.
  private void write(List<ProfileInput> chunk, Pacer pacer, BooleanSupplier stopping)
      throws InterruptedException {
    boolean done = false;
    while (!done && !stopping.getAsBoolean()) {
      try {
        pacer.write("the store", chunk.size(), () -> writer.apply(chunk));
        done = true;
      } catch (RuntimeException e) {
        if (Poison.isOne(e)) {
          apart(chunk, pacer, stopping);
          return;
        }
        LOG.warn("past events wait: {}", e.getClass().getSimpleName());
        TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
      }
    }
    pacer.rest();
  }

  // Alone, each goes its own way. Whoever took one as news put it into dead letters.
  private void apart(List<ProfileInput> chunk, Pacer pacer, BooleanSupplier stopping)
      throws InterruptedException {
    if (chunk.size() == 1) {
      LOG.warn("an event of the past cannot be written, and is passed over");
    }
    for (int i = 0; i < chunk.size() && chunk.size() > 1; i++) {
      write(List.of(chunk.get(i)), pacer, stopping);
    }
  }

  private static final class Told {
    private long events;
  }

  private List<ProfileInput> again(
      List<ConsumerRecord<byte[], byte[]>> batch, MissingHistory missing, Definitions definitions) {
    List<ProfileInput> again = new ArrayList<>();
    for (ConsumerRecord<byte[], byte[]> record : batch) {
      List<ProfileInput> inputs = reader.again(record, definitions, missing.events());
      // Of its person; the group that it may be about is in no audience.
      if (!inputs.isEmpty() && missing.concerns(inputs.getFirst().cause().getEvent())) {
        again.addAll(inputs);
      }
    }
    return again;
  }
}
