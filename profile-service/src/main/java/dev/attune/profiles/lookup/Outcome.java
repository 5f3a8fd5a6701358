package dev.attune.profiles.lookup;

import com.google.protobuf.ByteString;

/** How a lookup ended. */
sealed interface Outcome {
  /**
   * @param profile a serialized {@code Profile}: the stored bytes, unless a membership had ended
   * @param readAtMicros when the store was read, on this service's clock
   */
  record Found(ByteString profile, long readAtMicros) implements Outcome {}

  /** Nobody is known by it. */
  record Absent() implements Outcome {}

  /**
   * @param rule that was broken; says nothing of the value
   */
  record Invalid(String rule) implements Outcome {}

  /** The store is away, or too slow. */
  record Unavailable() implements Outcome {}

  /** Too much is asked at once. */
  record Overloaded() implements Outcome {}

  /** What is stored makes no sense. */
  record Corrupt() implements Outcome {}
}
