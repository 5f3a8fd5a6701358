package dev.attune.refresher.collector;

import dev.attune.platform.http.HttpProblem;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * How much the collector holds at once, whatever the log does: {@value #REQUESTS_MAX} requests with
 * {@value #BYTES_MAX} bytes of bodies and events together, of which {@value #UNPACKING_MAX} are
 * parsed at a time (a document takes up to some 20 times its bytes then, 80 MB for all). What does
 * not fit is sent away at once, so that lookups on the same server have room.
 */
final class Intake {
  static final int REQUESTS_MAX = 448;
  static final int BYTES_MAX = 32 << 20;
  static final int UNPACKING_MAX = 8;

  private static final int UNPACKING_WAIT_MILLIS_MAX = 2_000;

  private final Semaphore requests = new Semaphore(REQUESTS_MAX);
  private final Semaphore bytes = new Semaphore(BYTES_MAX);
  private final Semaphore unpacking = new Semaphore(UNPACKING_MAX);

  /**
   * Room for a request.
   *
   * @param size of its body, or the largest that it may have
   * @throws HttpProblem 503 when there is none
   */
  Lease admit(int size) {
    if (!requests.tryAcquire()) {
      throw full();
    }
    Lease lease = new Lease();
    try {
      lease.resize(size);
      return lease;
    } catch (HttpProblem e) {
      lease.close();
      throw e;
    }
  }

  /** Parses, with few others at a time. */
  <T> T unpack(Supplier<T> parsing) {
    try {
      if (!unpacking.tryAcquire(UNPACKING_WAIT_MILLIS_MAX, TimeUnit.MILLISECONDS)) {
        throw full();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw HttpProblem.unavailable("shutting down; send the events again");
    }
    try {
      return parsing.get();
    } finally {
      unpacking.release();
    }
  }

  /** Bytes that are held now. */
  int held() {
    return BYTES_MAX - bytes.availablePermits();
  }

  private static HttpProblem full() {
    return HttpProblem.unavailable(
        "the collector holds as many events as it may; send the events again");
  }

  /** The room of one request. */
  final class Lease implements AutoCloseable {
    private int size;

    private Lease() {}

    /**
     * Takes more, or gives back what is not needed.
     *
     * @throws HttpProblem 503 when there is not that much
     */
    void resize(int wanted) {
      if (wanted > size && !bytes.tryAcquire(wanted - size)) {
        throw full();
      }
      if (wanted < size) {
        bytes.release(size - wanted);
      }
      size = wanted;
    }

    @Override
    public void close() {
      resize(0);
      requests.release();
    }
  }
}
