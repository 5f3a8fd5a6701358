package dev.attune.core.model;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import dev.attune.core.model.ProfilesModel.Identification;
import dev.attune.core.profile.HiddenFacts;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A table of an audience's members, computed in the warehouse: who is in it belongs, who is no
 * longer in it leaves. The audience has the model's name.
 *
 * <pre>{@code
 * name: churn-risk
 * kind: audience
 * source: {files: churn.parquet, format: parquet}    # see ModelSource
 * key: {namespace: user_id, column: customer_id}     # one row for each value
 * since: member_since                                # optional: since when, a date or timestamp column
 * consent: marketing                                 # optional: as of an audience
 * data_time: 2026-11-20T00:00:00Z                    # optional: as of a profiles model
 * guards: {rows_off: 30%, bad_rows: 1%}              # optional: see Guards
 * schedule: {every: 6h}                              # optional: see Schedule
 * }</pre>
 *
 * @param since the column that says since when a member belongs; empty: when the person was found
 *     to
 * @param consent a purpose, or empty
 */
public record AudienceModel(
    String name,
    ModelSource source,
    Identification key,
    String since,
    String consent,
    Optional<Instant> dataTime,
    Guards guards,
    Optional<Schedule> schedule)
    implements TableModel {
  static final String KIND = "audience";

  static AudienceModel parse(Yaml yaml, Catalog catalog) {
    yaml.keys(
        "name",
        "kind",
        "source",
        "key",
        "since",
        "consent",
        "data_time",
        "guards",
        "schedule",
        "description");
    return new AudienceModel(
        yaml.get("name").name(),
        ModelSource.parse(yaml.get("source")),
        Identification.parse(yaml.get("key"), catalog),
        yaml.find("since").map(Yaml::text).orElse(""),
        yaml.find("consent").map(Yaml::name).orElse(""),
        TableModel.dataTime(yaml),
        Guards.of(yaml),
        yaml.find("schedule").map(Schedule::parse));
  }

  @Override
  public String kind() {
    return KIND;
  }

  @Override
  public List<Identification> identifiers() {
    return List.of();
  }

  @Override
  public List<String> facts() {
    return List.of(HiddenFacts.MEMBER);
  }

  @Override
  public List<String> columns() {
    return List.of(key.column(), since);
  }

  @Override
  public String mappingDigest() {
    return Digest.of(List.of(KIND, key, since));
  }
}
