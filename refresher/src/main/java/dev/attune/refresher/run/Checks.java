package dev.attune.refresher.run;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.model.ModelDefinition;
import dev.attune.refresher.snapshot.CheckOutcome;
import dev.attune.refresher.snapshot.Refresher;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Looks at sources, one at a time, and answers in time whatever a driver does. A check that its
 * driver does not let end keeps the others out until it does.
 */
final class Checks {
  private final Refresher refresher;
  private final Duration waitMax;
  private final Duration checkMax;
  // Beside a run, which may take hours: at most two databases are in memory.
  private final Semaphore one = new Semaphore(1, true);

  /**
   * @param waitMax for the end of another one
   * @param checkMax for the source, from then on
   */
  Checks(Refresher refresher, Duration waitMax, Duration checkMax) {
    this.refresher = refresher;
    this.waitMax = waitMax;
    this.checkMax = checkMax;
  }

  CheckResult check(ModelDefinition model, Catalog catalog) throws InterruptedException {
    if (!one.tryAcquire(waitMax.toMillis(), TimeUnit.MILLISECONDS)) {
      return new CheckResult.Failed("another check is under way (allowed: one at a time)");
    }
    var answer = new CompletableFuture<CheckResult>();
    // A virtual thread: an interrupt ends its reads of sockets, which few drivers bound.
    Thread thread =
        Thread.ofVirtual()
            .name("check-" + model.name())
            .unstarted(
                () -> {
                  try {
                    answer.complete(look(model, catalog));
                  } catch (Throwable e) {
                    answer.completeExceptionally(e);
                  } finally {
                    one.release();
                  }
                });
    thread.start();
    try {
      return answer.get(checkMax.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return tooLong();
    } catch (ExecutionException e) {
      throw new IllegalStateException("the check broke off", e.getCause());
    } finally {
      // Nobody waits for it any more; one that has ended takes no notice.
      thread.interrupt();
    }
  }

  private CheckResult look(ModelDefinition model, Catalog catalog) {
    try {
      return switch (refresher.check(model, catalog, checkMax)) {
        case CheckOutcome.Ready ready -> new CheckResult.Ready(ready.origin(), ready.columns());
        case CheckOutcome.Refused refused -> new CheckResult.Refused(refused.reason());
        case CheckOutcome.TooLong _ -> tooLong();
      };
    } catch (IllegalStateException e) {
      return new CheckResult.Failed(String.valueOf(e.getMessage()));
    }
  }

  private CheckResult tooLong() {
    return new CheckResult.Failed(
        "its source did not answer within " + checkMax.toSeconds() + " seconds");
  }
}
