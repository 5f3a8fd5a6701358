package dev.attune.platform.definition;

import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import java.util.Collection;
import java.util.List;

/** The set that would be in force if files were applied. */
public interface DefinitionsPreview {
  /**
   * What applying would bring.
   *
   * @param warnings as of {@link Applied}
   */
  record Previewed(Definitions set, List<String> warnings) {
    public Previewed {
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * Checks it, and publishes nothing.
   *
   * @param prune whether what is stored and not among the files would go
   * @throws DefinitionException for the first definition that cannot be taken
   */
  Previewed with(Collection<DefinitionFile> files, boolean prune);
}
