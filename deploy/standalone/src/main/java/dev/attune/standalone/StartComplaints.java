package dev.attune.standalone;

import dev.attune.core.definition.DefinitionException;
import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.standalone.terminal.Complaint;

/** What stands in the way of a start, in a sentence that says what to do. */
final class StartComplaints {
  private StartComplaints() {}

  /** Definitions that an earlier version took, and this one does not. */
  static Complaint definitions(DefinitionException e) {
    return new Complaint(
        e.getMessage()
            + "; start the version of Attune that took them, mend or prune them there with"
            + " ./attune apply, then start this one.",
        e);
  }

  /** A broker that has not done its work in time. */
  static Complaint kafka(KafkaUnavailableException e, DataDir data) {
    return new Complaint(
        "Kafka is not usable: "
            + e.getMessage()
            + "; start again, as the machine may have been too busy, and if it stays so, look into "
            + data.log()
            + ".",
        e);
  }
}
