package dev.attune.profiles.lookup;

import java.util.Arrays;
import java.util.List;

/** How the rows of the document's table of errors begin. */
public final class ReasonRows {
  private ReasonRows() {}

  /** A pattern for each reason. */
  public static List<String> all() {
    return Arrays.stream(Reason.values())
        .map(
            reason ->
                "\\| `"
                    + reason.code()
                    + "` \\| ("
                    + reason.http()
                    + "|in a batch) \\| `"
                    + reason.grpc()
                    + "`[^|]* \\| "
                    + (reason.retry() ? "yes" : "(no|in another batch)"))
        .toList();
  }
}
