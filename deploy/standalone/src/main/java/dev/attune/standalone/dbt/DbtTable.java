package dev.attune.standalone.dbt;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;

/**
 * A table that dbt makes.
 *
 * @param model dbt's name of it
 * @param adapter what kind of database it is in, e.g. {@code postgres}
 * @param relation database, schema and table, as they are stored; those that are known
 * @param columns their types by name, in dbt's order; an empty type is not known
 * @param columnMeta {@code meta.attune} of columns that have it
 * @param primaryKey the columns that tell rows apart, as far as dbt was told
 * @param meta {@code meta.attune} of the model; "missing" when it has none
 */
record DbtTable(
    String model,
    String adapter,
    List<String> relation,
    Map<String, String> columns,
    Map<String, JsonNode> columnMeta,
    List<String> primaryKey,
    JsonNode meta) {}
