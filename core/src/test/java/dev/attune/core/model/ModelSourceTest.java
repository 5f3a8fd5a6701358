package dev.attune.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ModelSourceTest {
  private static ModelSource parse(String yaml) {
    return ModelSource.parse(Yaml.parse("models/m.yaml", yaml));
  }

  private static void refused(String yaml, String message) {
    assertThatThrownBy(() -> parse(yaml))
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining(message)
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void jdbc_withEveryKey() {
    var source =
        (JdbcSource)
            parse(
                """
                jdbc: jdbc:postgresql://db.example.com:5432/shop?sslmode=verify-full
                table: marts.customers
                user: attune
                password: {env: SHOP_PASSWORD}
                properties: {warehouse: small, token: {file: /run/secrets/token}}
                dbt: {target: shop/target, model: customers}
                """);

    assertThat(source.table()).containsExactly("marts", "customers");
    assertThat(source.user()).contains(new Credential.Plain("attune"));
    assertThat(source.password()).contains(new Credential.Environment("SHOP_PASSWORD"));
    assertThat(source.properties())
        .isEqualTo(
            Map.of(
                "warehouse",
                new Credential.Plain("small"),
                "token",
                new Credential.File("/run/secrets/token")));
    assertThat(source.dbt()).contains(new DbtModel("shop/target", "customers"));
  }

  // Definitions live in Git, and messages about them in logs.
  @Test
  void secretsInTheDefinition_areRefusedAndNotShown() {
    String source = "jdbc: jdbc:postgresql://db/shop\ntable: t\n";
    refused(
        source + "password: hunter2", "a password does not stand in a definition (allowed: {env:");
    refused(source + "password: {env: hunter2!}", "a password does not stand in a definition");
    refused(source + "password: {env: A, file: hunter2}", "a password does not stand");
    refused(source + "properties: {accessToken: hunter2}", "a secret does not stand");
    String url = "the address holds a user or a secret (allowed: the keys \"user\", \"password\"";
    for (String address :
        new String[] {
          "jdbc:postgresql://db/shop?user=a&password=hunter2",
          "jdbc:postgresql://a:hunter2@db/shop",
          "jdbc:postgresql://a@db/shop",
          "jdbc:snowflake://x.example.com/?db=a&PWD=hunter2",
          "jdbc:databricks://x:443;AuthMech=3;PWD=hunter2",
          "jdbc:databricks://x:443;Auth_AccessToken=hunter2",
          "jdbc:oracle:thin:scott/hunter2@//db:1521/shop"
        }) {
      refused("jdbc: " + address + "\ntable: t\n", url);
    }
    for (String address :
        new String[] {
          "jdbc:oracle:thin:@//db:1521/shop",
          "jdbc:postgresql://db/shop?sslpassfile=x",
          "jdbc:bigquery://https://x.example.com:443;ProjectId=p;OAuthServiceAcctEmail=a@b.example"
        }) {
      assertThat(parse("jdbc: " + address + "\ntable: t\n")).isInstanceOf(JdbcSource.class);
    }
  }

  @Test
  void jdbc_thatCannotBe_isRefused() {
    refused("jdbc: postgresql://db/shop\ntable: t", "not the address of a database (allowed: e.g.");
    refused("jdbc: jdbc:postgresql://db/shop", "expected either \"table\" or \"query\"");
    refused("jdbc: jdbc:x:y\ntable: t\nquery: select 1", "expected either \"table\" or \"query\"");
    refused("jdbc: jdbc:x:y\ntable: a b", "not a table's name");
    refused("jdbc: jdbc:x:y\ntable: a.b.c.d.e", "dots between up to 4");
    refused("jdbc: jdbc:x:y\ntable: t\nformat: csv", "unknown key \"format\"");
  }

  @Test
  void duckdb_isATableOrAQuery() {
    assertThat(parse("{duckdb: shop.duckdb, table: marts.customers}").content())
        .isEqualTo("[duckdb, shop.duckdb, [marts, customers], ]");
    refused("{duckdb: shop.duckdb}", "expected either \"table\" or \"query\"");
  }

  @Test
  void files_haveAMarkerOrAManifest() {
    var source = (FileSource) parse("{files: \"out/*.csv\", marker: _SUCCESS, format: csv}");
    assertThat(source.marker()).isEqualTo("_SUCCESS");
    assertThat(((FileSource) parse("{manifest: out/m.json, format: csv}")).manifest())
        .isEqualTo("out/m.json");
    refused("{files: a.csv, manifest: m.json, format: csv}", "either \"files\" or \"manifest\"");
    refused("{format: csv}", "allowed: one of \"files\", \"manifest\", \"jdbc\", \"duckdb\"");
    refused("{manifest: m.json, marker: x, format: csv}", "a manifest is a marker itself");
    refused(
        "{files: a.csv, marker: ../x, format: csv}", "not a file's name (allowed: e.g. _SUCCESS");
    refused("{files: a.csv, format: csv, dbt: {target: t, model: a b}}", "not the name of a dbt");
  }

  @Test
  void files_mayLieInS3() {
    var source =
        (FileSource) parse("{files: \"s3://b.1/out/dt=*/*.csv\", marker: _SUCCESS, format: csv}");
    assertThat(source.s3()).contains(new S3Address("b.1", "out/dt=*/*.csv"));
    assertThat(((FileSource) parse("{manifest: s3://shop/m.json, format: csv}")).s3())
        .contains(new S3Address("shop", "m.json"));
    assertThat(((FileSource) parse("{files: s3/a.csv, format: csv}")).s3()).isEmpty();
    for (String address :
        new String[] {
          "s3://shop", "s3://shop/", "s3://*/a.csv", "s3://x.example.com:9/a", "s3://U@shop/a"
        }) {
      refused("{files: \"" + address + "\", format: csv}", "not an address in S3 (allowed: s3://");
    }
    for (String key : new String[] {"a//b.csv", "/a.csv", "a/../b.csv", "./a.csv", "a/"}) {
      refused("{files: \"s3://shop/" + key + "\", format: csv}", "an empty or dotted part");
    }
    refused("{files: \"s3://shop/" + "k".repeat(1025) + "\", format: csv}", "allowed: 1024 bytes");
    refused("{files: \"gs://shop/a.csv\", format: csv}", "cannot be read over gs:// (allowed:");
    refused("{manifest: \"https://x.example/m\", format: csv}", "cannot be read over https://");
  }

  // Other credentials, or another marker, are no reason to send events again.
  @Test
  void content_isWhatDecidesTheRows() {
    assertThat(parse("{jdbc: \"jdbc:x:y\", table: t, user: a}").content())
        .isEqualTo(parse("{jdbc: \"jdbc:x:y\", table: t, user: b}").content())
        .isNotEqualTo(parse("{jdbc: \"jdbc:x:y\", table: u}").content());
    assertThat(parse("{files: a.csv, marker: m, format: csv}").content())
        .isEqualTo(parse("{files: a.csv, format: csv}").content())
        .isNotEqualTo(parse("{files: a.csv, format: json}").content());
  }
}
