package dev.attune.platform.definition;

import dev.attune.proto.v1.Definition;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Where single definitions are read and changed, beside those that are applied as a folder. */
public interface DefinitionEdits {
  /** What the own feed has by now of a definition, by {@code kind/id}. */
  Optional<Definition> stored(String key);

  /**
   * Makes a change of all that is stored, checks the set that results, and publishes it in one
   * transaction. Returns once the definitions in this process have it.
   *
   * @throws dev.attune.core.definition.DefinitionException when the set could not be taken; nothing
   *     was published
   * @throws dev.attune.platform.kafka.KafkaUnavailableException when it could not be kept in time;
   *     to ask again is safe
   */
  <T> T edit(Change<T> change);

  /** Says what to write. What it throws is thrown on, and nothing is written. */
  @FunctionalInterface
  interface Change<T> {
    /**
     * @param stored all definitions, by {@code kind/id}
     * @param version of what is written
     */
    Edit<T> of(Map<String, Definition> stored, long version);
  }

  /**
   * What to write.
   *
   * @param write by {@code kind/id}
   * @param remove {@code kind/id} of what is to go
   * @param result for who asked
   */
  record Edit<T>(Map<String, Definition> write, Set<String> remove, T result) {
    public Edit {
      write = Map.copyOf(write);
      remove = Set.copyOf(remove);
    }
  }
}
