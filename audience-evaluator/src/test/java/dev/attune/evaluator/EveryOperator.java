package dev.attune.evaluator;

import dev.attune.core.definition.Definitions;
import java.util.Map;

/**
 * Definitions that use every operator, over events A and B of the last 20 days with a number {@code
 * n}. But for {@code lately}, no window ends where a whole number of days has passed: nobody enters
 * or leaves by time alone while a test runs.
 */
final class EveryOperator {
  /** Decided by the traits of the group {@code acme}. */
  static final String OF_GROUP = "staff";

  private static final String[] AUDIENCES = {
    "name: two\nwhen: {event: A, count: \">= 2\", within: 30d}\n",
    "name: few\nwhen: {event: B, count: \"<= 1\", within: 30d}\n",
    "name: quiet\nwhen: {not: {event: B, within: 30d}}\n",
    "name: large\nwhen: {event: A, where: properties.n >= 3, count: \">= 2\", within: 30d}\n",
    "name: onwards\nwhen: {sequence: [{event: A}, {event: B}, {event: A}], within: 30d}\n",
    "name: unbroken\nwhen: {sequence: [{event: A}, {event: A, within: 60h}], without: [{event: B}],"
        + " within: 30d}\n",
    "name: spent\nwhen: {event: A, sum: properties.n >= 10, within: 30d}\n",
    "name: mean\nwhen: {event: A, average: properties.n > 2, within: 30d}\n",
    "name: low\nwhen: {event: A, min: properties.n < 1, within: 30d}\n",
    "name: high\nwhen: {event: A, max: properties.n == 4, within: 30d}\n",
    "name: varied\nwhen: {event: A, distinct: properties.n >= 3, within: 30d}\n",
    "name: newest\nwhen: {event: A, last: properties.n >= 2, within: 30d}\n",
    "name: oldest\nwhen: {event: A, first: properties.n >= 2, within: 30d}\n",
    "name: between\nwhen: {event: A, count: \">= 2\", ago: [132h, 372h]}\n",
    "name: ever\nwhen: {event: A, count: \">= 6\", since: 2020-01-01}\n",
    "name: pro\nwhen: {trait: traits.plan == \"pro\"}\n",
    "name: renews\nwhen: {date: renews_at, next: 7d}\n",
    "name: keen\nwhen: {trait: traits.ordered >= 4}\n",
    "name: lately\nwhen: {event: A, within: 20s}\n",
    "name: agreed\nconsent: marketing\nwhen: {not: {event: B, within: 30d}}\n",
    "name: long-ago\nwhen: {event: A, last: \"true\", ago: [132h, 372h]}\n",
    "name: recent\nwhen: {date: joined_at, last: 7d}\n",
    "name: both\nwhen: {all: [{audience: two}, {any: [{audience: pro}, {not: {audience: renews}}]}]}\n",
    Changes.CHURN,
    "name: at-risk\nconsent: marketing\nwhen: {all: [{audience: churn}, {event: A, within: 30d}]}\n",
    "name: " + OF_GROUP + "\nwhen: {group: traits.plan == \"pro\"}\n",
  };

  static final Definitions DEFINITIONS =
      Changes.withTraits(
          1,
          Changes.GROUPS + "  joined_at: {type: timestamp}\n",
          Map.of("ordered", "name: ordered\nevent: A\ncount: true\nwithin: 30d\n"),
          AUDIENCES);

  private EveryOperator() {}
}
