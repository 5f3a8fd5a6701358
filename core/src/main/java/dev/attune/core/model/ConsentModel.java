package dev.attune.core.model;

import dev.attune.core.audience.AudienceDefinition;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import dev.attune.core.model.ProfilesModel.Identification;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A table of what people consented to. Each answer becomes the trait {@code consent.<purpose>},
 * which audiences ask for: true, false, or null where it is not known. Its time is part of it: of
 * all that is said about a purpose, by this model or by others, the newest counts.
 *
 * <p>A column for each purpose:
 *
 * <pre>{@code
 * name: consents
 * kind: consent
 * source: {files: consents.parquet, format: parquet} # see ModelSource
 * key: {namespace: email, column: email}             # one row for each value
 * purposes:                                          # purpose: column, or column and time
 *   marketing: marketing_ok
 *   analytics: {granted: analytics_ok, time: analytics_at}
 * time: answered_at                                  # optional: the time of those without their own
 * }</pre>
 *
 * <p>Or a row for each answer; there may be several of a person and a purpose, as in a log:
 *
 * <pre>{@code
 * purpose: purpose                                   # the column that names it
 * granted: answer
 * time: answered_at
 * purposes: [marketing, analytics]                   # all that the table names
 * }</pre>
 *
 * <p>An answer is yes, true, granted or 1; no, false, denied or 0; or unknown. NULL says nothing.
 * One without a time is as old as the snapshot. Besides, {@code data_time}, {@code guards} and
 * {@code schedule} as of a {@link ProfilesModel}.
 *
 * @param purposeColumn the column that names the purpose of a row; empty: there is a column for
 *     each
 * @param answers by purpose, in the file's order; of a row for each answer, all have the same
 *     columns
 */
public record ConsentModel(
    String name,
    ModelSource source,
    Identification key,
    String purposeColumn,
    Map<String, Answer> answers,
    Optional<Instant> dataTime,
    Guards guards,
    Optional<Schedule> schedule)
    implements TableModel {
  /** Purposes that a model may have. */
  public static final int PURPOSES_MAX = 100;

  static final String KIND = "consent";

  /**
   * Where an answer stands.
   *
   * @param time the column of its time; empty: it has none of its own
   */
  public record Answer(String granted, String time) {}

  public ConsentModel {
    answers = Collections.unmodifiableMap(new LinkedHashMap<>(answers));
  }

  static ConsentModel parse(Yaml yaml, Catalog catalog) {
    yaml.keys(
        "name",
        "kind",
        "source",
        "key",
        "purpose",
        "granted",
        "purposes",
        "time",
        "data_time",
        "guards",
        "schedule",
        "description");
    if (yaml.has("purpose") != yaml.has("granted")) {
      throw yaml.error(
          "a row for each answer needs both \"purpose\" and \"granted\", and a column for each"
              + " purpose neither");
    }
    Map<String, Answer> answers = yaml.has("purpose") ? rows(yaml) : columns(yaml);
    if (answers.isEmpty() || answers.size() > PURPOSES_MAX) {
      throw yaml.get("purposes").error("expected 1 to " + PURPOSES_MAX + " purposes");
    }
    return new ConsentModel(
        yaml.get("name").name(),
        ModelSource.parse(yaml.get("source")),
        Identification.parse(yaml.get("key"), catalog),
        yaml.find("purpose").map(Yaml::text).orElse(""),
        answers,
        TableModel.dataTime(yaml),
        Guards.of(yaml),
        yaml.find("schedule").map(Schedule::parse));
  }

  private static Map<String, Answer> rows(Yaml yaml) {
    Answer answer = new Answer(yaml.get("granted").text(), yaml.get("time").text());
    Map<String, Answer> answers = new LinkedHashMap<>();
    for (Yaml purpose : yaml.get("purposes").items()) {
      if (answers.put(purpose.name(), answer) != null) {
        throw purpose.error("the purpose \"" + purpose.text() + "\" stands twice");
      }
    }
    return answers;
  }

  private static Map<String, Answer> columns(Yaml yaml) {
    String common = yaml.find("time").map(Yaml::text).orElse("");
    Map<String, Answer> answers = new LinkedHashMap<>();
    yaml.get("purposes")
        .keyedByName()
        .forEach(
            (purpose, answer) ->
                answers.put(
                    purpose,
                    answer.isMapping()
                        ? new Answer(
                            answer.keys("granted", "time").get("granted").text(),
                            answer.find("time").map(Yaml::text).orElse(common))
                        : new Answer(answer.text(), common)));
    return answers;
  }

  @Override
  public String kind() {
    return KIND;
  }

  /** Whether there is a row for each answer, and not a column for each purpose. */
  public boolean isRowForEach() {
    return !purposeColumn.isEmpty();
  }

  @Override
  public List<Identification> identifiers() {
    return List.of();
  }

  @Override
  public List<String> facts() {
    return answers.keySet().stream().map(AudienceDefinition.CONSENT_PREFIX::concat).toList();
  }

  @Override
  public List<String> columns() {
    List<String> columns = new ArrayList<>(List.of(key.column(), purposeColumn));
    answers.values().forEach(answer -> columns.addAll(List.of(answer.granted(), answer.time())));
    return columns.stream().distinct().toList();
  }

  @Override
  public String mappingDigest() {
    return Digest.of(List.of(KIND, key, purposeColumn, answers));
  }
}
