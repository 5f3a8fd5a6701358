package dev.attune.refresher.run;

import dev.attune.refresher.backfill.LoadedTables;
import dev.attune.refresher.snapshot.RefreshOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The tables of events, by what is remembered of their runs.
 *
 * @param refreshes loads them
 */
public record RefreshedTables(Refreshes refreshes) implements LoadedTables {
  private static final Logger LOG = LoggerFactory.getLogger(RefreshedTables.class);
  private static final Duration LOOK = Duration.ofSeconds(1);

  @Override
  public boolean isLoadedSince(String model, Instant since) {
    return refreshes.list().stream()
        .anyMatch(
            run ->
                run.model().equals(model)
                    && run.state() == Run.State.DONE
                    && !run.startedAt().isBefore(since)
                    // An unchanged table is not loaded once more.
                    && run.written() > 0
                    && !run.request().options().dryRun());
  }

  @Override
  public Set<String> loadAgain(Set<String> models, BooleanSupplier stopping)
      throws InterruptedException {
    Set<String> loaded = new HashSet<>();
    for (String model : models) {
      Optional<Run> ended = whole(model, stopping);
      if (ended.filter(run -> run.state() == Run.State.DONE).isPresent()) {
        loaded.add(model);
      } else {
        LOG.warn("the events of model {} could not be loaded again: {}", model, ended);
      }
    }
    return loaded;
  }

  private Optional<Run> whole(String model, BooleanSupplier stopping) throws InterruptedException {
    var options = new RefreshOptions(false, true, false, "");
    if (!(refreshes.start(new Request(model, options, "")) instanceof StartResult.Started begun)) {
      return Optional.empty();
    }
    Optional<Run> run = Optional.of(begun.run());
    while (run.isPresent() && !run.get().state().ended() && !stopping.getAsBoolean()) {
      run = refreshes.await(begun.run().id(), LOOK);
    }
    return run;
  }
}
