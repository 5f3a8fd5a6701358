package dev.attune.standalone.dbt;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.TraitType;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code ./attune models init --dbt DIR}: model files from what dbt knows. */
@Command(
    name = "models",
    description = "Writes model files from what dbt knows.",
    synopsisSubcommandLabel = "init")
public final class ModelsCommand implements Runnable {
  private final Terminal terminal;

  public ModelsCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public void run() {
    throw new Complaint("models needs: init.");
  }

  @Command(
      name = "init",
      description =
          "Writes a model file for each dbt model with meta.attune; if none has it, for each with a"
              + " primary key.",
      mixinStandardHelpOptions = true)
  int init(
      @Option(
              names = "--dbt",
              paramLabel = "DIR",
              required = true,
              description = "dbt's target folder.")
          Path target,
      @Option(
              names = "--out",
              paramLabel = "DIR",
              defaultValue = "definitions",
              description = "Folder of definitions; ${DEFAULT-VALUE} unless given.")
          Path out,
      @Option(names = "--force", description = "Overwrite files that are there.") boolean force) {
    String targetPath = target.toAbsolutePath().normalize().toString();
    List<ModelDraft> drafts =
        DbtProject.read(target).tables().stream()
            .map(table -> ModelDraft.of(table, targetPath))
            .toList();
    if (drafts.isEmpty()) {
      throw new Complaint(
          "no dbt model in "
              + target
              + " has meta.attune or says what its primary key is; nothing was written.");
    }
    Set<String> names = new LinkedHashSet<>();
    for (ModelDraft draft : drafts) {
      if (!names.add(draft.name())) {
        throw new Complaint(
            "two dbt models would become \"" + draft.name() + "\": give one a meta.attune.name.");
      }
    }
    Catalog catalog = catalog(out);
    int written = 0;
    for (ModelDraft draft : drafts) {
      written += write(draft, out.resolve("models").resolve(draft.name() + ".yaml"), force) ? 1 : 0;
    }
    declare(drafts, catalog);
    terminal.result(
        written
            + " of "
            + drafts.size()
            + " model files written. When they are filled in: ./attune apply "
            + out
            + ", then ./attune refresh --check.");
    return 0;
  }

  private boolean write(ModelDraft draft, Path file, boolean force) {
    if (!draft.name().matches("[a-z0-9][a-z0-9_.-]{0,99}")) {
      throw new Complaint(
          "\"" + draft.name() + "\" is not the name of a model: give one in meta.attune.name.");
    }
    if (Files.exists(file) && !force) {
      terminal.note(file + " is there already and stays (--force overwrites it).");
      return false;
    }
    try {
      Files.createDirectories(file.resolveSibling(""));
      Files.writeString(file, draft.yaml());
    } catch (IOException e) {
      throw new Complaint(file + " cannot be written.", e);
    }
    terminal.result("+ " + file + " (" + draft.traits().size() + " traits)");
    draft.open().forEach(sentence -> terminal.result("    to fill in: " + sentence));
    return true;
  }

  private static Catalog catalog(Path out) {
    Path file = out.resolve("catalog.yaml");
    if (!Files.isRegularFile(file)) {
      return Catalog.DEFAULT;
    }
    try {
      return Catalog.parse(Yaml.parse(file.toString(), Files.readString(file)));
    } catch (IOException e) {
      throw new Complaint(file + " cannot be read.", e);
    } catch (DefinitionException e) {
      throw new Complaint(String.valueOf(e.getMessage()), e);
    }
  }

  /** Says what the catalog must declare before the models are taken. */
  private void declare(List<ModelDraft> drafts, Catalog catalog) {
    Set<String> namespaces = new LinkedHashSet<>();
    Map<String, TraitType> traits = new LinkedHashMap<>();
    for (ModelDraft draft : drafts) {
      namespaces.addAll(draft.namespaces());
      draft.traits().forEach(traits::putIfAbsent);
    }
    namespaces.removeAll(catalog.namespaces().keySet());
    traits.keySet().removeAll(catalog.traits().keySet());
    List<String> lines = new ArrayList<>();
    if (!namespaces.isEmpty()) {
      lines.add("namespaces:");
      namespaces.forEach(name -> lines.add("  " + ModelDraft.scalar(name) + ": {max: 20}"));
    }
    if (!traits.isEmpty()) {
      lines.add("traits:");
      traits.forEach(
          (name, type) ->
              lines.add("  " + ModelDraft.scalar(name) + ": {type: " + type.label() + "}"));
    }
    if (!lines.isEmpty()) {
      terminal.result("catalog.yaml does not declare these yet; look at the types:");
      lines.forEach(line -> terminal.result("  " + line));
    }
  }
}
