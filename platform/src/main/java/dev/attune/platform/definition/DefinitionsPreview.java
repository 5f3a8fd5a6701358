package dev.attune.platform.definition;

import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import java.util.Collection;

/** The set that would be in force if files were applied. */
public interface DefinitionsPreview {
  /**
   * Checks it, and publishes nothing.
   *
   * @param prune whether what is stored and not among the files would go
   * @throws DefinitionException for the first definition that cannot be taken
   */
  Definitions with(Collection<DefinitionFile> files, boolean prune);
}
