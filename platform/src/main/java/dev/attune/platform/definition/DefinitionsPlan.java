package dev.attune.platform.definition;

import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Misspellings;
import dev.attune.core.stream.StreamDefinition;
import dev.attune.platform.kafka.Topics;
import dev.attune.proto.v1.Definition;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a folder's files change in a stored set.
 *
 * @param write new or changed definitions, by {@code kind/id}, and those of which nothing is kept
 *     any more that they were before
 * @param missing stored and not among the files, by {@code kind/id}
 * @param warnings what is probably misspelt in what is written, and what is stored and would be
 *     refused today
 * @param result the set that results
 */
record DefinitionsPlan(
    Map<String, Definition> write,
    List<String> added,
    List<String> changed,
    List<String> unchanged,
    List<String> missing,
    List<String> warnings,
    Definitions result) {
  private static final String OUTDATED =
      "stored by an earlier version, in force as it was, and to be changed: ";

  /**
   * Compares, and checks the set that would result.
   *
   * @param topics Attune's own: no stream may read them
   * @throws DefinitionException for the first definition that cannot be taken
   */
  static DefinitionsPlan of(
      Map<String, Definition> stored,
      Collection<DefinitionFile> files,
      long version,
      boolean prune,
      Topics topics) {
    Map<String, Definition> write = new TreeMap<>();
    TreeSet<String> given = new TreeSet<>();
    List<String> added = new ArrayList<>();
    List<String> changed = new ArrayList<>();
    List<String> unchanged = new ArrayList<>();
    for (DefinitionFile file : files) {
      Definition definition = file.definition(version);
      String key = definition.getKind() + "/" + definition.getId();
      if (!given.add(key)) {
        throw new DefinitionException(
            file.path()
                + ":1:1: the "
                + definition.getKind()
                + " \""
                + definition.getId()
                + "\" is defined in two files");
      }
      Definition before = stored.get(key);
      if (isOfApi(before)) {
        throw new DefinitionException(
            file.path()
                + ":1:1: the webhook \""
                + definition.getId()
                + "\" is the API's (delete it there first, or choose another name)");
      }
      if (before == null) {
        added.add(key);
        write.put(key, definition);
      } else if (!before.getYaml().equals(definition.getYaml())
          || !before.getPath().equals(definition.getPath())) {
        changed.add(key);
        write.put(key, FormerDefinition.keep(definition, before));
      } else {
        unchanged.add(key);
      }
    }
    TreeSet<String> missing = new TreeSet<>(stored.keySet());
    missing.removeAll(given);
    // No file says that an audience is paused, or whether a webhook is delivered to; and what the
    // API owns is missing in none.
    missing.removeIf(
        key ->
            !Definitions.KINDS.contains(key.substring(0, key.indexOf('/')))
                || isOfApi(stored.get(key)));
    stored.forEach(
        (key, before) ->
            FormerDefinition.dropOld(before, version)
                .ifPresent(left -> write.putIfAbsent(key, left)));
    if (prune) {
      write.keySet().removeAll(missing);
    }
    Map<String, Definition> result = new TreeMap<>(stored);
    result.putAll(write);
    if (prune) {
      result.keySet().removeAll(missing);
    }
    Definitions parsed = Definitions.ofStored(result.values());
    Map<String, String> outdated = new TreeMap<>(parsed.outdated());
    for (String key : given) {
      if (outdated.containsKey(key)) {
        throw new DefinitionException(outdated.get(key));
      }
    }
    parsed
        .streams()
        .values()
        .forEach(stream -> refuseOwn(stream, write.get("stream/" + stream.name()), topics));
    added.sort(null);
    changed.sort(null);
    unchanged.sort(null);
    return new DefinitionsPlan(
        write,
        added,
        changed,
        unchanged,
        List.copyOf(missing),
        Stream.concat(
                Misspellings.warnings(parsed, write.values()).stream(),
                outdated.values().stream().map(OUTDATED::concat))
            .toList(),
        parsed);
  }

  private static boolean isOfApi(@Nullable Definition definition) {
    return definition != null && definition.getOwner().equals(Definitions.API);
  }

  // The events that the stream makes would be read for ever. One that is stored already waits, and
  // the status says so.
  private static void refuseOwn(
      StreamDefinition stream, @Nullable Definition written, Topics topics) {
    if (written != null && topics.owns(stream.topic())) {
      throw new DefinitionException(
          written.getPath()
              + ":1:1: the topic \""
              + stream.topic()
              + "\" is one of Attune's own (allowed: topics whose names do not begin with \""
              + topics.prefix()
              + ".\")");
    }
  }
}
