package dev.attune.core.audience;

import java.util.Map;

/** An expression over a variable's values. As in CEL, it may be left undecided. */
@FunctionalInterface
interface Closure {
  /** Whether it holds. */
  Answer answer(Map<String, Object> values);

  /** Three-valued: what cannot be decided is neither. */
  enum Answer {
    NO,
    YES,
    UNDECIDED;

    static Answer of(boolean holds) {
      return holds ? YES : NO;
    }

    Answer negated() {
      return switch (this) {
        case NO -> YES;
        case YES -> NO;
        case UNDECIDED -> UNDECIDED;
      };
    }
  }
}
