package dev.attune.core.webhook;

import dev.attune.proto.v1.Delivery;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** Whether people consent to what they are told of for, as of now. */
@FunctionalInterface
public interface Consents {
  /**
   * Asks whether the person that a delivery is about consents to a purpose.
   *
   * @return true when they do; false when they do not, nothing is known of it or nobody is known;
   *     fails when it could not be told in time
   */
  CompletionStage<Boolean> isGiven(Delivery delivery, String purpose, Duration timeout);
}
