package dev.attune.load.gatling;

import java.util.Optional;

/** Whom simulations ask for, and what an answer about each of them has to say. */
interface People {
  /** How many; they are counted from 0. */
  int size();

  /** The namespace that each of them is asked for by. */
  String namespace();

  /** In that namespace; it needs no encoding in a path or in JSON. */
  String value(int index);

  /** What is wrong with a profile, as JSON, that should be this person's; empty when nothing is. */
  Optional<String> fault(int index, byte[] json, int offset, int length);
}
