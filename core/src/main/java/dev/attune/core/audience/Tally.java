package dev.attune.core.audience;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the events in a window come to, while they enter it and leave it in the order of their
 * times.
 */
interface Tally {
  /**
   * The next newer event has entered.
   *
   * @param n its place in the ring
   */
  void enter(EventRing ring, int n);

  /** The oldest of those that entered has left. */
  void leave(EventRing ring, int n);

  /** Whether what they come to now is as was asked. */
  boolean holds();

  /** What they come to now, for people; empty when that is nothing. */
  default String text() {
    return "";
  }

  /**
   * What it is compared with.
   *
   * @param bound as in {@link Condition.EventAggregate}
   */
  record Bound(Comparison comparison, long bound) {}

  /** How many there are. */
  final class Count implements Tally {
    private final Bound asked;
    private int count;

    Count(Bound asked) {
      this.asked = asked;
    }

    @Override
    public void enter(EventRing ring, int n) {
      count++;
    }

    @Override
    public void leave(EventRing ring, int n) {
      count--;
    }

    @Override
    public boolean holds() {
      return asked.comparison.holds(Long.compare(count, asked.bound));
    }
  }

  /**
   * A sum, or an average. Exact: a thousand of the greatest numbers in millionths do not fit in 64
   * bits, so that whole ones and the rest are added apart.
   */
  final class Sum implements Tally {
    private final Bound asked;
    private final boolean averaged;
    private long whole;
    private long rest;
    private int count;

    Sum(Bound asked, boolean averaged) {
      this.asked = asked;
      this.averaged = averaged;
    }

    @Override
    public void enter(EventRing ring, int n) {
      whole += Math.floorDiv(ring.taken(n), Measure.PER_ONE);
      rest += Math.floorMod(ring.taken(n), Measure.PER_ONE);
      count++;
    }

    @Override
    public void leave(EventRing ring, int n) {
      whole -= Math.floorDiv(ring.taken(n), Measure.PER_ONE);
      rest -= Math.floorMod(ring.taken(n), Measure.PER_ONE);
      count--;
    }

    @Override
    public boolean holds() {
      if (averaged && count == 0) {
        return false;
      }
      // An average is compared as the sum with so many times the bound.
      long times = averaged ? count : 1;
      long boundRest = Math.floorMod(asked.bound, Measure.PER_ONE) * times;
      long boundWhole =
          Math.floorDiv(asked.bound, Measure.PER_ONE) * times
              + Math.floorDiv(boundRest, Measure.PER_ONE);
      int order = Long.compare(whole + Math.floorDiv(rest, Measure.PER_ONE), boundWhole);
      return asked.comparison.holds(
          order != 0
              ? order
              : Integer.compare(
                  Math.floorMod(rest, Measure.PER_ONE), Math.floorMod(boundRest, Measure.PER_ONE)));
    }

    @Override
    public String text() {
      if (averaged && count == 0) {
        return "";
      }
      BigInteger sum = Sums.of(whole, rest, count).millionths();
      return averaged ? plain(sum.divide(BigInteger.valueOf(count))) : plain(sum);
    }

    private static String plain(BigInteger millionths) {
      return new BigDecimal(millionths, Measure.DIGITS).stripTrailingZeros().toPlainString();
    }
  }

  /** The least, or the greatest. */
  final class Extreme implements Tally {
    private final Bound asked;
    private final boolean greatest;
    private final TreeMap<Long, Integer> numbers = new TreeMap<>();

    Extreme(Bound asked, boolean greatest) {
      this.asked = asked;
      this.greatest = greatest;
    }

    @Override
    public void enter(EventRing ring, int n) {
      numbers.merge(ring.taken(n), 1, Integer::sum);
    }

    @Override
    public void leave(EventRing ring, int n) {
      numbers.computeIfPresent(ring.taken(n), (_, count) -> count == 1 ? null : count - 1);
    }

    @Override
    public boolean holds() {
      return !numbers.isEmpty() && asked.comparison.holds(Long.compare(number(), asked.bound));
    }

    private long number() {
      return greatest ? numbers.lastKey() : numbers.firstKey();
    }

    @Override
    public String text() {
      return numbers.isEmpty() ? "" : Sum.plain(BigInteger.valueOf(number()));
    }
  }

  /** How many different values there are. */
  final class Distinct implements Tally {
    private final Bound asked;
    private final Map<Long, Integer> values = new HashMap<>();

    Distinct(Bound asked) {
      this.asked = asked;
    }

    @Override
    public void enter(EventRing ring, int n) {
      values.merge(ring.taken(n), 1, Integer::sum);
    }

    @Override
    public void leave(EventRing ring, int n) {
      values.computeIfPresent(ring.taken(n), (_, count) -> count == 1 ? null : count - 1);
    }

    @Override
    public boolean holds() {
      return asked.comparison.holds(Long.compare(values.size(), asked.bound));
    }

    @Override
    public String text() {
      return String.valueOf(values.size());
    }
  }

  /** Whether the oldest is among those that fit. */
  final class First implements Tally {
    private final Set<Long> fitting = new HashSet<>();
    private int count;
    private long oldest;

    First(EventRing fitting) {
      for (int n = 1; n <= fitting.size(); n++) {
        this.fitting.add(fitting.hash(n));
      }
    }

    @Override
    public void enter(EventRing ring, int n) {
      if (count++ == 0) {
        oldest = ring.hash(n);
      }
    }

    @Override
    public void leave(EventRing ring, int n) {
      oldest = --count == 0 ? 0 : ring.hash(n - 1);
    }

    @Override
    public boolean holds() {
      return count > 0 && fitting.contains(oldest);
    }
  }
}
