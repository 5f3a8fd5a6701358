package dev.attune.platform.deadletter;

import dev.attune.proto.v1.DeadLetter;
import java.util.concurrent.CompletionStage;

/** Takes what a part gives up on. */
@FunctionalInterface
public interface DeadLetters {
  /** Keeps a letter; completes once it is kept for good. */
  CompletionStage<?> send(DeadLetter letter);
}
