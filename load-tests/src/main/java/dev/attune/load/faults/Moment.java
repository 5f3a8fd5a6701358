package dev.attune.load.faults;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** What the system is doing when it is killed. */
enum Moment {
  /** A run reads its table. */
  LOAD("while a table is read", 2),
  /** A run compares the table with what was applied last. */
  COMPARE("while it is compared", 2),
  /** A run writes rows into profiles. */
  WRITE("while rows are written", 6),
  /** A run sends events of the past. */
  BACKFILL("while events of the past are sent", 5),
  /** Events come; a run may be under way or not. */
  STREAM("under live events", 5),
  /** It starts, most often after a kill. */
  START("while it starts", 3),
  /** It was asked to end. */
  STOP("while it ends", 2);

  private final String text;
  private final int weight;

  Moment(String text, int weight) {
    this.text = text;
    this.weight = weight;
  }

  /** For people. */
  String text() {
    return text;
  }

  /** So many in any order: each one at least, where there are enough, and more of the long ones. */
  static List<Moment> draw(Random random, int count) {
    List<Moment> all = new ArrayList<>(List.of(values()));
    Collections.shuffle(all, random);
    List<Moment> weighted = new ArrayList<>();
    for (Moment moment : values()) {
      weighted.addAll(Collections.nCopies(moment.weight, moment));
    }
    while (all.size() < count) {
      all.add(weighted.get(random.nextInt(weighted.size())));
    }
    List<Moment> drawn = new ArrayList<>(all.subList(0, count));
    Collections.shuffle(drawn, random);
    return drawn;
  }
}
