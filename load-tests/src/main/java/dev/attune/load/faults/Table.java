package dev.attune.load.faults;

import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Link;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;

/** A table of the warehouse that changes from snapshot to snapshot, and all that it ever said. */
sealed interface Table permits Customers, Households, Members, Consents {
  /** The name of its model. */
  String model();

  /** The model's definition. */
  String definition();

  /**
   * Changes it and writes it as an export does.
   *
   * @param folder of all files
   * @param dataTime as of when it is
   * @return how many rows differ from those before
   */
  int next(Path folder, Instant dataTime) throws IOException;

  /** The newest word of each cell that it ever had. */
  Collection<Fact> facts();

  /** All links that it said for good, and the last word of each that it may take back. */
  Collection<Link> links();
}
