package dev.attune.load.pipeline;

import dev.attune.proto.v1.Profile;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiPredicate;

/** Looks many people up and finds those whose profile is not as it must be. */
final class Everybody {
  private static final int AT_ONCE = 32;

  /** A lookup may fail on a busy machine; what is lost stays away. */
  private static final int ATTEMPTS = 5;

  private static final Duration PAUSE = Duration.ofMillis(200);

  private Everybody() {}

  /**
   * Looks everybody up.
   *
   * @param right whether a user's profile is as it must be
   * @return those who are not found, or not as they must be
   */
  static List<String> lookUp(
      Terminal terminal,
      String task,
      Lookups lookups,
      Collection<String> userIds,
      BiPredicate<String, Profile> right)
      throws InterruptedException {
    Queue<String> wrong = new ConcurrentLinkedQueue<>();
    var free = new Semaphore(AT_ONCE);
    var done = new AtomicLong();
    try (Progress progress = terminal.progress(task, userIds.size(), "people");
        var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (String userId : userIds) {
        free.acquire();
        var _ =
            threads.submit(
                () -> {
                  try {
                    if (!isRight(lookups, userId, right)) {
                      wrong.add(userId);
                    }
                  } finally {
                    progress.at(done.incrementAndGet());
                    free.release();
                  }
                });
      }
    }
    return List.copyOf(wrong);
  }

  private static boolean isRight(
      Lookups lookups, String userId, BiPredicate<String, Profile> right) {
    for (int i = 0; i < ATTEMPTS; i++) {
      if (lookups.find(userId).filter(profile -> right.test(userId, profile)).isPresent()) {
        return true;
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    return false;
  }
}
