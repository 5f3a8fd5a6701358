package dev.attune.load.faults;

import java.util.List;
import java.util.Random;

/** All tables of the warehouse that have a row a person or an address. */
record Warehouse(Customers customers, Households households, Members members, Consents consents) {
  /**
   * Empty ones.
   *
   * @param users the greatest number of people
   * @param households the greatest number of addresses that the households are about
   */
  static Warehouse of(Random random, int users, int households) {
    return new Warehouse(
        new Customers(new Random(random.nextLong()), users),
        new Households(new Random(random.nextLong()), households),
        new Members(new Random(random.nextLong()), users),
        new Consents(new Random(random.nextLong()), users));
  }

  List<Table> tables() {
    return List.of(customers, households, members, consents);
  }
}
