package dev.attune.load.lookup;

import java.util.SplittableRandom;
import java.util.function.IntSupplier;

/** Whom to ask for next. */
public final class Picks {
  private Picks() {}

  /** Everybody is as likely. */
  public static IntSupplier uniform(int size, long seed) {
    var random = new SplittableRandom(seed);
    return () -> random.nextInt(size);
  }

  /**
   * The first of so many is the likeliest, the k-th so much less as k to the exponent; drawn from
   * an alias table, in constant time.
   */
  public static IntSupplier zipf(int size, double exponent, long seed) {
    double[] share = new double[size];
    double sum = 0;
    for (int i = 0; i < size; i++) {
      share[i] = Math.pow(i + 1, -exponent);
      sum += share[i];
    }
    int[] alias = new int[size];
    int[] small = new int[size];
    int[] large = new int[size];
    int smalls = 0;
    int larges = 0;
    for (int i = 0; i < size; i++) {
      share[i] *= size / sum;
      if (share[i] < 1) {
        small[smalls++] = i;
      } else {
        large[larges++] = i;
      }
    }
    while (smalls > 0 && larges > 0) {
      int less = small[--smalls];
      int more = large[larges - 1];
      alias[less] = more;
      share[more] -= 1 - share[less];
      if (share[more] < 1) {
        larges--;
        small[smalls++] = more;
      }
    }
    while (larges > 0) {
      share[large[--larges]] = 1;
    }
    while (smalls > 0) {
      share[small[--smalls]] = 1; // what rounding has left
    }
    var random = new SplittableRandom(seed);
    return () -> {
      int i = random.nextInt(size);
      return random.nextDouble() < share[i] ? i : alias[i];
    };
  }
}
