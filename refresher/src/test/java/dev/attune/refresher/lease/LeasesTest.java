package dev.attune.refresher.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeasesTest {
  private static final String MODEL = "customers";

  @TempDir Path directory;
  private TestLeases a;
  private TestLeases b;

  @BeforeEach
  void processes() {
    a = TestLeases.on(directory, "a");
    b = TestLeases.on(directory, "b");
  }

  private static Attempt.Held held(Attempt attempt) {
    assertThat(attempt).isInstanceOf(Attempt.Held.class);
    return (Attempt.Held) attempt;
  }

  private List<Path> numbers() throws IOException {
    try (var files = Files.list(directory.resolve("models").resolve(MODEL).resolve("state"))) {
      return files
          .filter(file -> file.getFileName().toString().matches("[0-9]+"))
          .sorted()
          .toList();
    }
  }

  @Test
  void heldLease_isNobodyElses_untilItIsGivenBack() {
    try (Lease lease = a.acquired(MODEL)) {
      assertThat(held(b.leases().acquire(MODEL)).told())
          .isEqualTo("a:7 since 2026-11-21T00:00:00Z");
      assertThat(held(a.leases().acquire(MODEL)).holder()).isEqualTo("a:7");
      assertThat(a.leases().holder(MODEL)).isPresent();
      assertThat(a.leases().isInUse(MODEL, lease.epoch())).isTrue();
      assertThat(b.leases().acquire("orders")).isInstanceOf(Attempt.Acquired.class);
    }
    assertThat(b.leases().holder(MODEL)).isEmpty();
    try (Lease lease = b.acquired(MODEL)) {
      assertThat(held(a.leases().acquire(MODEL)).holder()).isEqualTo("b:7");
      assertThat(lease.epoch()).isGreaterThan(1);
    }
  }

  @Test
  void holderThatShowsNothing_isTakenOverAfterHalfAMinute_andLearnsIt() {
    Lease lease = a.acquired(MODEL);
    for (int look = 0; look < 30; look++) {
      held(b.leases().acquire(MODEL));
      b.pass(Duration.ofSeconds(5));
      a.pass(Duration.ofSeconds(5));
      a.beat();
    }
    held(b.leases().acquire(MODEL));
    int waited = 0;
    while (b.leases().acquire(MODEL) instanceof Attempt.Held) {
      b.pass(Duration.ofSeconds(5));
      waited += 5;
    }
    assertThat(waited).isEqualTo(30);

    a.pass(Duration.ofSeconds(41));
    String sentence =
        "the lease of the model customers was taken over by b:7 at 2026-11-21T00:00:00Z; this"
            + " process had not renewed it for 41 s";
    assertThatThrownBy(lease::check).isInstanceOf(OvertakenException.class).hasMessage(sentence);
    // A sign of life that comes late changes neither that nor how long there was none.
    a.beat();
    assertThatThrownBy(() -> lease.publish(Map.of())).hasMessage(sentence);
    assertThat(lease.overtaking()).contains(sentence);
  }

  // Of what happened while it was suspended itself it has seen nothing.
  @Test
  void waiterThatWasSuspended_doesNotCountThatTime() {
    Lease lease = a.acquired(MODEL);
    held(b.leases().acquire(MODEL));
    b.pass(Duration.ofHours(1));
    held(b.leases().acquire(MODEL));
    b.pass(Duration.ofHours(1));
    held(b.leases().acquire(MODEL));
    a.beat();
    b.pass(Duration.ofHours(1));
    held(b.leases().acquire(MODEL));
    lease.check();
  }

  @Test
  void publishedState_isTheNextHoldersToo_andWhatAnOvertakenOnePublishesIsNot() {
    Lease lease = a.acquired(MODEL);
    assertThat(lease.state()).isEmpty();
    lease.publish(Map.of("applied", "1", "next", "2"));
    Lease later = b.takeOver(MODEL);
    assertThat(later.state()).isEqualTo(Map.of("applied", "1", "next", "2"));

    assertThatThrownBy(() -> lease.publish(Map.of("applied", "2")))
        .isInstanceOf(OvertakenException.class);
    lease.close();
    assertThat(lease.state()).isEqualTo(Map.of("applied", "1", "next", "2"));
    later.publish(Map.of("applied", "3"));
    assertThatThrownBy(() -> lease.publish(Map.of("applied", "2")))
        .isInstanceOf(OvertakenException.class);
    later.close();
    assertThat(a.acquired(MODEL).state()).isEqualTo(Map.of("applied", "3"));
  }

  // Killed right after it took a number: nobody knows by whom, so that it is waited for.
  @Test
  void claimWithoutContent_isThatOfSomebodyWhoMayBeAlive() throws Exception {
    try (Lease lease = a.acquired(MODEL)) {
      lease.publish(Map.of("applied", "1"));
    }
    Path last = numbers().getLast();
    long next = Long.parseLong(last.getFileName().toString()) + 1;
    Files.createFile(last.resolveSibling("%019d".formatted(next)));

    assertThat(b.leases().acquire(MODEL))
        .isEqualTo(new Attempt.Held("another process", Optional.empty()));
    assertThat(b.leases().holder(MODEL)).isPresent();
    assertThat(b.takeOver(MODEL).state()).isEqualTo(Map.of("applied", "1"));
  }

  @Test
  void recordThatIsTorn_saysNothing_andTheOneBeforeIsTaken() throws Exception {
    Lease lease = a.acquired(MODEL);
    lease.publish(Map.of("applied", "1"));
    lease.publish(Map.of("applied", "2"));
    Path last = numbers().getLast();
    byte[] whole = Files.readAllBytes(last);
    for (int length = 0; length < whole.length; length += 7) {
      Files.write(last, Arrays.copyOf(whole, length));
      held(b.leases().acquire(MODEL));
    }
    // As a file system may leave it after a loss of power.
    Files.write(last, new byte[whole.length]);
    assertThat(b.takeOver(MODEL).state()).isEqualTo(Map.of("applied", "1"));
  }

  @Test
  void numberThatCouldNotBeWritten_isLeftOut_andTheLeaseStays() {
    var failing = new AtomicInteger(Integer.MAX_VALUE);
    TestLeases full =
        TestLeases.on(
            directory,
            "full",
            () -> {
              if (failing.decrementAndGet() == 0) {
                throw new UncheckedIOException(new IOException("no space"));
              }
            });
    Lease lease = full.acquired(MODEL);
    lease.publish(Map.of("applied", "1"));
    // Created, and not written any more.
    failing.set(2);
    assertThatThrownBy(() -> lease.publish(Map.of("applied", "2")))
        .isInstanceOf(UncheckedIOException.class);
    lease.publish(Map.of("applied", "3"));
    failing.set(2);
    lease.close();
    // It knows that the empty number is its own.
    Lease again = full.acquired(MODEL);
    assertThat(again.state()).isEqualTo(Map.of("applied", "3"));
    again.close();
    assertThat(b.acquired(MODEL).state()).isEqualTo(Map.of("applied", "3"));
  }

  @Test
  void numbersThatNobodyNeeds_areDeleted_andAreNotTakenForNew() throws Exception {
    Lease sleeping = a.acquired(MODEL);
    Lease lease = b.takeOver(MODEL);
    for (int i = 0; i < 3 * LeaseLog.KEPT; i++) {
      lease.publish(Map.of("applied", String.valueOf(i)));
    }
    assertThat(numbers()).hasSize(LeaseLog.KEPT);
    // The number that it wants is free again.
    assertThatThrownBy(() -> sleeping.publish(Map.of("applied", "none")))
        .isInstanceOf(OvertakenException.class);
    lease.check();
    lease.publish(Map.of("applied", "last"));
    lease.close();
    assertThat(a.acquired(MODEL).state()).isEqualTo(Map.of("applied", "last"));
  }

  // Other files, with the epochs of holders before, may still be there.
  @Test
  void leaseThatSomebodyDeleted_beginsAgainWithGreaterNumbers() throws Exception {
    Lease lease = a.acquired(MODEL);
    lease.publish(Map.of("applied", "1"));
    for (Path number : numbers()) {
      Files.delete(number);
    }
    Lease later =
        TestLeases.acquired(
            Leases.still(
                directory,
                TestLeases.holder("later"),
                _ -> false,
                InstantSource.fixed(TestLeases.NOW.plusSeconds(1)),
                () -> 0,
                () -> {}),
            MODEL);
    assertThat(later.epoch()).isGreaterThan(lease.epoch() + 2);
    assertThat(later.state()).isEmpty();
  }

  @Test
  void processThatIsDeadForSure_isTakenOverAtOnce() throws Exception {
    Holder self = Holder.here();
    assumeTrue(!self.machine().isEmpty(), "only Linux tells the processes of a boot apart");
    Process child = new ProcessBuilder("sleep", "60").start();
    String stat = Files.readString(Path.of("/proc/" + child.pid() + "/stat"));
    var holder =
        new Holder(
            self.host(),
            child.pid(),
            self.machine(),
            stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[19],
            "id");
    assertThat(holder.isGone()).isFalse();
    assertThat(Holder.isGone(holder.mark())).isFalse();
    child.destroyForcibly();
    assertThat(child.waitFor(30, TimeUnit.SECONDS)).as("it dies within 30 s").isTrue();
    assertThat(holder.isGone()).isTrue();
    assertThat(Holder.isGone(holder.mark())).isTrue();

    // Its number may be another process's by now, in this namespace or in another.
    assertThat(new Holder("", self.pid(), self.machine(), "1", "id").isGone()).isTrue();
    assertThat(new Holder("", child.pid(), "other", "1", "id").isGone()).isFalse();
    assertThat(new Holder("", child.pid(), "", "", "id").isGone()).isFalse();
    assertThat(Holder.isGone("nobody")).isFalse();
  }
}
