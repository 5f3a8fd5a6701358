package dev.attune.core.webhook;

import dev.attune.core.view.ViewDefinition;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The fields of the documents that a webhook is told in, by path: {@code id} and {@code webhook} of
 * the delivery, and those of the document, such as {@code data.audience}, or of its view, such as
 * {@code view.traits.plan}.
 */
final class DocumentFields {
  private static final Set<String> ALWAYS = Set.of("id", "webhook", "type", "timestamp", "data");
  private static final Set<String> OF_TRANSITIONS =
      Set.of(
          "data.profile_id",
          "data.audience",
          "data.reason",
          "data.at",
          "data.valid_until",
          "data.complete_from",
          "data.evidence",
          "data.definition_version");
  private static final Set<String> OF_EVENTS =
      Set.of(
          "data.event",
          "data.event_id",
          "data.occurred_at",
          "data.via",
          "data.via.namespace",
          "data.via.value",
          "data.properties");

  private static final Set<String> OF_STATES =
      Set.of("data.profile_id", "data.version", "data.merged_into", "data.traits");

  private static final Set<String> OF_VIEWS = Set.of("view", "view.audiences", "view.traits");

  // What senders put into events stands nowhere.
  private static final Pattern PROPERTY =
      Pattern.compile("data\\.properties(\\.[^.\\s\"]{1,100}){1,8}");

  private final Set<String> known = new TreeSet<>(ALWAYS);
  private final boolean events;

  private DocumentFields(DocumentFields other) {
    known.addAll(other.known);
    events = other.events;
  }

  /**
   * @param traits that are wanted
   */
  DocumentFields(boolean transitions, boolean events, Collection<String> traits) {
    this.events = events;
    if (transitions) {
      known.addAll(OF_TRANSITIONS);
    }
    if (events) {
      known.addAll(OF_EVENTS);
    }
    if (!traits.isEmpty()) {
      known.addAll(OF_STATES);
      traits.forEach(trait -> known.add("data.traits." + trait));
    }
  }

  /** These, and what a view shows of the person. */
  DocumentFields with(ViewDefinition view) {
    DocumentFields with = new DocumentFields(this);
    with.known.addAll(OF_VIEWS);
    view.traits().forEach(trait -> with.known.add("view.traits." + trait.name()));
    return with;
  }

  boolean has(String path) {
    return known.contains(path) || (events && PROPERTY.matcher(path).matches());
  }

  /** Those that can be named, but for what is in {@code data.properties}. */
  Set<String> known() {
    return known;
  }
}
