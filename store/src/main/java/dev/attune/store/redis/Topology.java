package dev.attune.store.redis;

import java.util.concurrent.CompletionStage;

/** Knows which servers there are. */
interface Topology extends AutoCloseable {
  /** Completes once it is known where keys are; the newest view. */
  CompletionStage<Placement> placement();

  /** Looks now, and completes with what it saw. */
  CompletionStage<Placement> look();

  /** Something speaks against the view: looks again soon. */
  void doubt();

  @Override
  void close();

  /** All on one server, for ever. */
  record Single(CompletionStage<Placement> placement) implements Topology {
    @Override
    public CompletionStage<Placement> look() {
      return placement;
    }

    @Override
    public void doubt() {
      // There is nowhere else to look.
    }

    @Override
    public void close() {
      // Nothing is open.
    }
  }
}
