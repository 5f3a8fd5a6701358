package dev.attune.load.gatling;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;

/** What came of the requests of a simulation, by their names. Of all threads at once. */
final class Outcomes {
  private static final long MILLIS_MAX = TimeUnit.MINUTES.toMillis(1);

  private final Map<String, Outcome> byRequest = new ConcurrentHashMap<>();
  private final AtomicInteger underWay = new AtomicInteger();

  /** Of the requests of one name. */
  static final class Outcome {
    private final ConcurrentHistogram millis = new ConcurrentHistogram(1, MILLIS_MAX, 3);
    private final LongAdder failed = new LongAdder();
    private final LongAdder wrong = new LongAdder();
    private final LongAdder notModified = new LongAdder();

    /** Requests that ended, one way or the other. */
    long count() {
      return millis.getTotalCount() + failed.sum();
    }

    /** Requests with an answer that was expected. */
    long answered() {
      return millis.getTotalCount();
    }

    /** Without the answer that was expected: another status, a wrong answer, none at all. */
    long failed() {
      return failed.sum();
    }

    /** Answers that are not about whom was asked. */
    long wrong() {
      return wrong.sum();
    }

    /** Answers that said that nothing has changed. */
    long notModified() {
      return notModified.sum();
    }

    /** In milliseconds, of the requests that did not fail; 0 when there is none. */
    double percentile(double percentile) {
      return millis.getTotalCount() == 0 ? 0 : (double) millis.getValueAtPercentile(percentile);
    }
  }

  /** Those of one name; empty before its first. */
  Outcome of(String request) {
    return byRequest.computeIfAbsent(request, _ -> new Outcome());
  }

  /** Requests of all names that have begun and not ended. */
  int underWay() {
    return underWay.get();
  }

  void begins() {
    underWay.incrementAndGet();
  }

  void succeeded(String request, long millis) {
    underWay.decrementAndGet();
    of(request).millis.recordValue(Math.clamp(millis, 1, MILLIS_MAX));
  }

  void failed(String request) {
    underWay.decrementAndGet();
    of(request).failed.increment();
  }

  /** One that is not sent, because too many are under way: it failed, too. */
  void foundNoRoom(String request) {
    of(request).failed.increment();
  }

  /** Found while an answer is judged; the request is told as failed when it ends. */
  void wrong(String request) {
    of(request).wrong.increment();
  }

  void notModified(String request) {
    of(request).notModified.increment();
  }

  /** Of all names. */
  long wrong() {
    return byRequest.values().stream().mapToLong(Outcome::wrong).sum();
  }

  /** Of all names. */
  long failed() {
    return byRequest.values().stream().mapToLong(Outcome::failed).sum();
  }

  /** Of all names. */
  long count() {
    return byRequest.values().stream().mapToLong(Outcome::count).sum();
  }
}
