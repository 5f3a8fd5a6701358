package dev.attune.platform.definition;

import dev.attune.core.definition.Definitions;
import java.util.function.Consumer;

/** The definitions in force, as every part sees them. */
public interface DefinitionsSource {
  /** The newest checked set; never waits. */
  Definitions current();

  /**
   * How far what was published has been read. It only grows: who has read as far has a set at least
   * as new. To be asked for before {@link #current}, or the two may not belong together.
   */
  long position();

  /** Calls back on each new set, on the follower's thread: be quick. */
  void onChange(Consumer<Definitions> listener);

  /** A source that always has the same set: tests and jobs. */
  static DefinitionsSource fixed(Definitions definitions) {
    return new DefinitionsSource() {
      @Override
      public Definitions current() {
        return definitions;
      }

      @Override
      public long position() {
        return Long.MAX_VALUE;
      }

      @Override
      public void onChange(Consumer<Definitions> listener) {}
    };
  }
}
