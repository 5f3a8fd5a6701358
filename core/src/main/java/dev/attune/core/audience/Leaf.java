package dev.attune.core.audience;

/** A condition that time alone can change. */
sealed interface Leaf permits CountLeaf, DateLeaf, LastLeaf, SequenceLeaf, TallyLeaf {
  /** When it holds, as far as is known of a profile by now; see {@link Turns}. */
  long[] turns(ProfileState state);

  /** When the newest event that it may count happened; {@link Long#MIN_VALUE} without any. */
  long newest(ProfileState state);

  /** The events that decide it at an instant. */
  EventRing counted(ProfileState state, long nowMicros);

  /** Whether it looks at all events in its window, and there may be more than are remembered. */
  default boolean isLimited(ProfileState state, long nowMicros) {
    return false;
  }
}
