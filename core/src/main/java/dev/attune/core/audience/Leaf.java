package dev.attune.core.audience;

/**
 * A condition that time alone can change: it holds from one instant on until another one, as far as
 * is known of a profile by now. All instants in microseconds.
 */
sealed interface Leaf permits CountLeaf, DateLeaf, LastLeaf {
  /** The first instant at which it holds; {@link Long#MIN_VALUE} when there is no such bound. */
  long from(ProfileState state);

  /**
   * The first instant at which it holds no more: {@link Long#MAX_VALUE} for never, {@link
   * Long#MIN_VALUE} when it does not hold at all.
   */
  long until(ProfileState state);

  /** When the newest event that it may count happened; {@link Long#MIN_VALUE} without any. */
  long newest(ProfileState state);

  /** The events that it counts at an instant. */
  EventRing counted(ProfileState state, long nowMicros);
}
