package dev.attune.core.model;

import dev.attune.core.definition.Yaml;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A table, or a query's result, of a database that has a JDBC driver.
 *
 * <pre>{@code
 * source:
 *   jdbc: jdbc:postgresql://db.example.com:5432/shop   # its address, without user and password
 *   table: marts.customers          # or query: SQL of that database, whose result are the rows
 *   user: attune                    # optional: or {env: NAME}, {file: PATH}
 *   password: {env: SHOP_PASSWORD}  # optional: or {file: PATH}. Never the password itself
 *   properties: {sslmode: verify-full}   # optional: what else the driver is told; as user
 *   dbt: {target: shop/target, model: customers}   # optional: see DbtModel
 * }</pre>
 *
 * @param table its names, outermost first, as they are stored; empty: the query has the rows
 * @param query SQL; empty: the table's rows
 */
public record JdbcSource(
    String url,
    List<String> table,
    String query,
    Optional<Credential> user,
    Optional<Credential> password,
    Map<String, Credential> properties,
    Optional<DbtModel> dbt)
    implements ModelSource {
  /** Properties that a driver may be told. */
  public static final int PROPERTIES_MAX = 50;

  private static final Pattern URL = Pattern.compile("jdbc:[a-z][a-z0-9+.-]*:\\S{1,2000}");
  private static final String SECRET = "\\w*(?i:password|passwd|pwd|passphrase|secret|token)\\w*";
  private static final Pattern SECRET_IN_URL =
      Pattern.compile("[?&;:/](?:" + SECRET + "|(?i:user|uid|username))=|^[^?;&]*[^:/@]@");

  public JdbcSource {
    table = List.copyOf(table);
    properties = Collections.unmodifiableMap(new LinkedHashMap<>(properties));
  }

  static JdbcSource parse(Yaml yaml) {
    yaml.keys("jdbc", "table", "query", "user", "password", "properties", "dbt");
    SourceKeys.either(yaml, "table", "query");
    Yaml url = yaml.get("jdbc");
    // None of these shows what it found: it may be a password.
    if (SECRET_IN_URL.matcher(url.text()).find()) {
      throw url.error(
          "the address holds a user or a secret (allowed: the keys \"user\", \"password\" and"
              + " \"properties\")");
    }
    if (!URL.matcher(url.text()).matches()) {
      throw url.error(
          "not the address of a database (allowed: e.g. jdbc:postgresql://HOST:5432/DATABASE)");
    }
    Map<String, Credential> properties = new LinkedHashMap<>();
    yaml.find("properties")
        .ifPresent(
            mapping ->
                mapping.entries().forEach((key, value) -> properties.put(key, of(key, value))));
    if (properties.size() > PROPERTIES_MAX) {
      throw yaml.get("properties").error("more than " + PROPERTIES_MAX + " properties");
    }
    return new JdbcSource(
        url.text(),
        SourceKeys.table(yaml),
        yaml.find("query").map(SourceKeys::filled).orElse(""),
        yaml.find("user").map(user -> Credential.parse(user, "a user")),
        yaml.find("password").map(password -> Credential.reference(password, "a password")),
        properties,
        yaml.find("dbt").map(DbtModel::parse));
  }

  private static Credential of(String property, Yaml value) {
    return property.matches(SECRET)
        ? Credential.reference(value, "a secret")
        : Credential.parse(value, "a secret");
  }

  @Override
  public String content() {
    return List.of("jdbc", url, table, query).toString();
  }
}
