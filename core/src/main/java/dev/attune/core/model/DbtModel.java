package dev.attune.core.model;

import dev.attune.core.definition.Yaml;

/**
 * The dbt model that makes a source's table. While dbt's last run of it failed, it is not read.
 *
 * <pre>{@code
 * dbt: {target: shop/target, model: customers}
 * }</pre>
 *
 * @param target the folder with {@code run_results.json}; relative to the data root, or absolute
 * @param model its name in dbt
 */
public record DbtModel(String target, String model) {
  static DbtModel parse(Yaml yaml) {
    yaml.keys("target", "model");
    String model = SourceKeys.filled(yaml.get("model"));
    if (!model.matches("[A-Za-z0-9_.-]{1,200}")) {
      throw yaml.get("model")
          .error("not the name of a dbt model (allowed: letters, digits, _ . -)");
    }
    return new DbtModel(SourceKeys.filled(yaml.get("target")), model);
  }
}
