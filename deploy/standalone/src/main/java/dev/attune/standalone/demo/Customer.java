package dev.attune.standalone.demo;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;

/**
 * One row of the shop's warehouse. Invented: the addresses are in domains reserved for examples.
 *
 * @param number from 1; the customer's id in the shop
 * @param lifetimeValue of all orders, in euros with two decimals
 * @param updatedAt when the warehouse last changed the row
 */
record Customer(
    int number,
    String email,
    String firstName,
    String lastName,
    String country,
    String city,
    String plan,
    String loyaltyTier,
    BigDecimal lifetimeValue,
    int ordersCount,
    boolean newsletter,
    LocalDate birthday,
    Instant createdAt,
    Instant updatedAt) {
  String userId() {
    return String.valueOf(number);
  }
}
