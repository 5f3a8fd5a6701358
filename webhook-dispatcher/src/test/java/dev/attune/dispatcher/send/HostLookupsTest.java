package dev.attune.dispatcher.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostLookupsTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final CountDownLatch answer = new CountDownLatch(1);
  private final AtomicInteger slow = new AtomicInteger();
  private final AtomicInteger once = new AtomicInteger();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HostLookups lookups = new HostLookups(this::resolve);

  @AfterEach
  void stop() {
    answer.countDown();
    lookups.close();
    threads.shutdownNow();
  }

  @Test
  void lookUp_ofOneHost_isOneLookup_andHoldsUpNoOther() throws Exception {
    List<Future<InetAddress[]>> waiting = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      waiting.add(threads.submit(() -> lookups.lookUp("slow", LONG)));
    }
    assertThat(lookups.lookUp("quick", LONG)).hasSize(1);
    assertThatThrownBy(() -> lookups.lookUp("slow", Duration.ofMillis(1)))
        .isInstanceOf(HostLookups.LookupTimeoutException.class);
    assertThat(slow).hasValueLessThanOrEqualTo(1);
    answer.countDown();
    for (Future<InetAddress[]> found : waiting) {
      assertThat(found.get(20, TimeUnit.SECONDS)).hasSize(1);
    }
  }

  // What one caller has had is no answer for the next: the name may point elsewhere by then.
  @Test
  void lookUp_again_asksAgain() throws Exception {
    lookups.lookUp("once", LONG);
    lookups.lookUp("once", LONG);
    assertThat(once).hasValue(2);
  }

  @Test
  void lookUp_thatNobodyWaitsForAnyMore_isNotBegun() throws Exception {
    List<Future<InetAddress[]>> hanging = new ArrayList<>();
    for (int i = 0; i < HostLookups.THREADS_MAX; i++) {
      String host = "slow-" + i;
      hanging.add(threads.submit(() -> lookups.lookUp(host, LONG)));
    }
    while (slow.get() < HostLookups.THREADS_MAX) {
      assertThat(hanging).noneMatch(Future::isDone);
      Thread.onSpinWait();
    }
    assertThatThrownBy(() -> lookups.lookUp("once", Duration.ofMillis(1)))
        .isInstanceOf(HostLookups.LookupTimeoutException.class);
    answer.countDown();
    lookups.lookUp("quick", LONG);
    for (Future<InetAddress[]> found : hanging) {
      found.get(20, TimeUnit.SECONDS);
    }
    assertThat(once).hasValue(0);
  }

  @Test
  void lookUp_thatFails_failsForWhoAsked() {
    for (String host : List.of("unknown", "error")) {
      assertThatThrownBy(() -> lookups.lookUp(host, LONG))
          .isInstanceOf(UnknownHostException.class)
          .hasMessage("the host's name does not resolve");
    }
  }

  private InetAddress[] resolve(String host) throws UnknownHostException {
    switch (host) {
      case "unknown" -> throw new UnknownHostException(host);
      case "error" -> throw new LinkageError("a class is missing");
      case "once" -> once.incrementAndGet();
      case "quick" -> {}
      default -> {
        slow.incrementAndGet();
        try {
          answer.await();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
    }
    return new InetAddress[] {InetAddress.getLoopbackAddress()};
  }
}
