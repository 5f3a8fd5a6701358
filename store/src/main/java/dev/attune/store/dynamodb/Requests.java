package dev.attune.store.dynamodb;

import dev.attune.core.profile.StoreException;
import dev.attune.core.profile.StoreException.Kind;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import software.amazon.awssdk.awscore.AwsRequestOverrideConfiguration;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Requests, at most so many at a time; the others wait their turn within the time of their call.
 *
 * <p>What was throttled was not done, and is tried again with growing, jittered pauses for as long
 * as the call has time. Beside that a read is repeated twice when the connection broke or the
 * service failed, a write never: it may have been done.
 */
final class Requests {
  private static final int REPEATS_MAX = 2;
  private static final long PAUSE_NANOS_FIRST = 10_000_000;
  private static final long PAUSE_NANOS_MAX = 1_000_000_000;

  private final Semaphore free;
  private final Duration readTimeout;

  /**
   * Bounds for the requests of one client.
   *
   * @param readTimeout after which a read is asked again. A write has all of its call's time: cut
   *     short it could only be told as failed
   */
  Requests(int maxUnderWay, Duration readTimeout) {
    this.free = new Semaphore(maxUnderWay, true);
    this.readTimeout = readTimeout;
  }

  /** Asks for something; the request takes its timeouts with it. */
  <R> R read(Call<?> call, Function<AwsRequestOverrideConfiguration, R> request) {
    return send(call, request, readTimeout, REPEATS_MAX);
  }

  /** Has something done. */
  <R> R write(Call<?> call, Function<AwsRequestOverrideConfiguration, R> request) {
    return send(call, request, ChronoUnit.FOREVER.getDuration(), 0);
  }

  private <R> R send(
      Call<?> call,
      Function<AwsRequestOverrideConfiguration, R> request,
      Duration timeout,
      int repeatsMax) {
    int repeats = 0;
    for (int attempt = 0; ; attempt++) {
      try {
        return once(call, request, timeout);
      } catch (SdkException e) {
        StoreException failure = DynamoErrors.map(e);
        boolean throttled = failure.kind() == Kind.OVERLOADED;
        if (!throttled && (!DynamoErrors.isTransient(e) || ++repeats > repeatsMax)) {
          throw e;
        }
        if (throttled) {
          call.heldBack();
        }
        pause(call, attempt, failure);
      }
    }
  }

  private <R> R once(
      Call<?> call, Function<AwsRequestOverrideConfiguration, R> request, Duration timeout) {
    acquire(call);
    try {
      long left = call.leftNanos();
      if (left <= 0 || call.isDone()) {
        throw call.late();
      }
      Duration all = Duration.ofNanos(left);
      return request.apply(
          AwsRequestOverrideConfiguration.builder()
              .apiCallTimeout(all)
              .apiCallAttemptTimeout(timeout.compareTo(all) < 0 ? timeout : all)
              .build());
    } finally {
      free.release();
    }
  }

  private void acquire(Call<?> call) {
    if (free.tryAcquire()) {
      return;
    }
    try {
      if (!free.tryAcquire(Math.max(0, call.leftNanos()), TimeUnit.NANOSECONDS)) {
        throw new StoreException(Kind.OVERLOADED, "DynamoDB: too many requests are under way");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreException(Kind.UNAVAILABLE, "DynamoDB: interrupted", e);
    }
  }

  /**
   * Waits before another try.
   *
   * @param attempts how many there were, which nothing came of
   * @throws StoreException the reason for the wait, when the call has no time for it
   */
  void pause(Call<?> call, int attempts, StoreException why) {
    long bound = Math.min(PAUSE_NANOS_MAX, PAUSE_NANOS_FIRST << Math.min(attempts, 10));
    long nanos = ThreadLocalRandom.current().nextLong(bound / 2, bound + 1);
    if (nanos >= call.leftNanos()) {
      throw why;
    }
    LockSupport.parkNanos(nanos);
  }
}
