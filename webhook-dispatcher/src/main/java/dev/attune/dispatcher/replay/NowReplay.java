package dev.attune.dispatcher.replay;

import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.StoreException;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.log.AttemptLog;
import dev.attune.dispatcher.render.CurrentRenderer;
import dev.attune.dispatcher.render.CurrentRenderer.Current;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.ProfileRecord;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** Finds out what is true now of whatever a webhook was told in a time. */
final class NowReplay {
  /** Of events, and whatever else has no now. */
  static final String EVENTS = "events";

  /** Of what the endpoint took last. */
  static final String SAME = "same";

  /** Most deliveries taken since that are looked at: some 60 MB. */
  private static final int TAKEN_MAX = 400_000;

  // Processes' clocks differ; what the endpoint took too long ago to matter is never asked for.
  private static final Duration CLOCKS_DIFFER_MAX = Duration.ofMinutes(5);

  private static final int PROFILES_AT_ONCE = 500;
  private static final Duration READ_MAX = Duration.ofSeconds(5);

  private final DeliveryScan scan;
  private final DefinitionsSource definitions;
  private final ProfileStore store;
  private final AttemptLog log;
  private final InstantSource clock;

  NowReplay(
      DeliveryScan scan,
      DefinitionsSource definitions,
      ProfileStore store,
      AttemptLog log,
      InstantSource clock) {
    this.scan = scan;
    this.definitions = definitions;
    this.store = store;
    this.log = log;
    this.clock = clock;
  }

  /**
   * Reads, and hands over what is to be sent, some at a time, so that little time is between.
   *
   * @return empty when it is too much; then nothing was handed over
   */
  Optional<Replays.Found> run(
      String webhookName,
      Instant from,
      Instant to,
      boolean onlyDiff,
      Consumer<List<Delivery>> send) {
    Optional<Map<String, Long>> taken =
        onlyDiff
            ? log.taken(webhookName, from.minus(CLOCKS_DIFFER_MAX), TAKEN_MAX)
            : Optional.of(Map.of());
    if (taken.isEmpty()) {
      return Optional.empty();
    }
    Subjects subjects =
        new Subjects(to.toEpochMilli(), taken.get(), Replays.DELIVERIES_MAX, Replays.BYTES_MAX);
    scan.scan(webhookName, from, clock.instant(), subjects);
    if (subjects.isTooMuch()) {
      return Optional.empty();
    }
    Definitions current = definitions.current();
    WebhookDefinition webhook = current.webhooks().get(webhookName);
    if (webhook == null) {
      return Optional.of(new Replays.Found(0, 0));
    }
    CurrentRenderer renderer = new CurrentRenderer(current, webhook, clock);
    Map<String, Integer> skipped = new HashMap<>();
    if (subjects.withoutNow() > 0) {
      skipped.put(EVENTS, subjects.withoutNow());
    }
    Set<String> people = new HashSet<>();
    int deliveries = 0;
    List<Subjects.Subject> all = subjects.all();
    for (int i = 0; i < all.size(); i += PROFILES_AT_ONCE) {
      List<Subjects.Subject> some = all.subList(i, Math.min(all.size(), i + PROFILES_AT_ONCE));
      List<Delivery> wanted = new ArrayList<>();
      List<Optional<ProfileRecord>> records = read(some);
      for (int j = 0; j < some.size(); j++) {
        Subjects.Subject subject = some.get(j);
        switch (renderer.render(subject.newest(), records.get(j))) {
          case Current.Told(var delivery) -> {
            if (onlyDiff && subject.isTaken(delivery)) {
              skipped.merge(SAME, 1, Integer::sum);
            } else {
              wanted.add(delivery);
              people.add(delivery.getProfileId());
            }
          }
          case Current.Passed passed ->
              skipped.merge(passed.name().toLowerCase(Locale.ROOT), 1, Integer::sum);
        }
      }
      send.accept(wanted);
      deliveries += wanted.size();
    }
    return Optional.of(new Replays.Found(deliveries, people.size(), skipped));
  }

  private List<Optional<ProfileRecord>> read(List<Subjects.Subject> subjects) {
    try {
      return store
          .readProfiles(subjects.stream().map(Subjects.Subject::profileId).toList(), READ_MAX)
          .toCompletableFuture()
          .get(2 * READ_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new StoreException(
          StoreException.Kind.UNAVAILABLE, "the profiles could not be read", e);
    } catch (TimeoutException e) {
      throw new StoreException(
          StoreException.Kind.UNAVAILABLE, "the profiles were not read in time", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KafkaUnavailableException("interrupted while reading profiles", e);
    }
  }
}
