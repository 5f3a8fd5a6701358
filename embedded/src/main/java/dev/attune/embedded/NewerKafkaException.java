package dev.attune.embedded;

import java.nio.file.Path;

/** A directory that this Kafka is too old to read. The message is one sentence for the operator. */
public final class NewerKafkaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param written version of the directory's metadata
   * @param readable newest version that can be read
   */
  NewerKafkaException(Path directory, int written, int readable) {
    super(
        "Kafka's directory "
            + directory
            + " was written by a newer Kafka (its metadata is of version "
            + written
            + "; this one reads up to "
            + readable
            + "): name another data directory.");
  }
}
