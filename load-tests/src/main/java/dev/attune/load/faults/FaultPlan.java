package dev.attune.load.faults;

import java.util.List;
import java.util.Random;

/**
 * What is done to the system.
 *
 * @param seed of everything that is random but the machine
 * @param moments of the kills, in their order
 * @param between kills after which everybody is compared, besides the end
 * @param customers rows that the warehouse's table of people may have
 * @param orders events of the past in each batch
 */
record FaultPlan(long seed, List<Moment> moments, int between, int customers, int orders) {
  private static final int BETWEEN = 15;
  private static final int CUSTOMERS = 4_000;
  private static final int ORDERS = 6_000;

  FaultPlan {
    moments = List.copyOf(moments);
  }

  /** As {@code ./attune bench faults} has it. */
  static FaultPlan of(long seed, int kills) {
    return new FaultPlan(seed, Moment.draw(new Random(seed), kills), BETWEEN, CUSTOMERS, ORDERS);
  }
}
