package dev.attune.core.webhook;

import dev.attune.core.definition.Nearest;
import dev.attune.core.definition.Yaml;
import dev.attune.core.view.ViewDefinition;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What the bodies of a webhook's requests look like. */
public sealed interface PayloadForm {
  /** The forms that Attune knows by name. */
  enum Named implements PayloadForm {
    /** {@code {"type", "timestamp", "data"}}, as Standard Webhooks has it. */
    DOCUMENT("document"),
    /** A CloudEvents 1.0 envelope in structured mode, with the document's {@code data}. */
    CLOUDEVENTS("cloudevents"),
    /** A Segment call; of an audience {@code Audience Entered} and {@code Audience Exited}. */
    SEGMENT_TRACK("segment-track"),
    /** As above, but of an audience an identify call with a trait of the audience's name. */
    SEGMENT_IDENTIFY("segment-identify");

    private final String label;

    Named(String label) {
      this.label = label;
    }

    /** As it stands in a definition. */
    public String label() {
      return label;
    }
  }

  /**
   * What a definition's own template makes of the document.
   *
   * @param view that the document has what it shows of the person from; empty: none
   */
  record Template(PayloadTemplate template, String view) implements PayloadForm {}

  /** The name of the view that documents of this form need; empty when they need none. */
  default String viewName() {
    return this instanceof Template(_, var view) ? view : "";
  }

  /**
   * Reads {@code payload}: a name, or {@code {template: ...}}, or {@code {view: NAME, template:
   * ...}}.
   *
   * @param wanted what the webhook is told of
   * @param fields that its subscriber does not get as they are
   * @param views that are defined, by name
   */
  static PayloadForm parse(
      Yaml yaml, DocumentFields wanted, FieldRules fields, Map<String, ViewDefinition> views) {
    if (yaml.isMapping()) {
      yaml.keys("view", "template");
      Optional<ViewDefinition> view = yaml.find("view").map(name -> view(name, views));
      return new Template(
          PayloadTemplate.parse(yaml.get("template"), view.map(wanted::with).orElse(wanted)),
          view.map(ViewDefinition::name).orElse(""));
    }
    List<String> labels = Stream.of(Named.values()).map(Named::label).toList();
    if (yaml.isSequence() || !labels.contains(yaml.text())) {
      throw yaml.error("expected one of " + String.join(", ", labels) + ", or {template: ...}");
    }
    Named named = Named.values()[labels.indexOf(yaml.text())];
    if (named == Named.SEGMENT_TRACK || named == Named.SEGMENT_IDENTIFY) {
      requireWho(yaml, fields);
    }
    return named;
  }

  private static ViewDefinition view(Yaml name, Map<String, ViewDefinition> views) {
    ViewDefinition view = views.get(name.text());
    if (view == null) {
      throw name.error(
          "there is no view \"" + name.text() + "\"" + Nearest.hint(name.text(), views.keySet()));
    }
    return view;
  }

  private static void requireWho(Yaml yaml, FieldRules fields) {
    Set<String> dropped =
        Stream.of("profile_id", "via.value")
            .filter(path -> fields.byPath().get(path) == FieldRules.Rule.DROP)
            .collect(Collectors.toSet());
    if (!dropped.isEmpty()) {
      throw yaml.error(
          "a Segment call says whom it is about: \"fields\" cannot drop "
              + String.join(" and ", dropped)
              + " (allowed: sha256, hmac)");
    }
  }
}
