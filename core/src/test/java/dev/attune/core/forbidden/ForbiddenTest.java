package dev.attune.core.forbidden;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForbiddenTest {
  private static final String CARD = "4111111111111111";

  private static Catalog catalog(String forbidden) {
    return Catalog.parse(
        Yaml.parse("catalog.yaml", "namespaces: {user_id: {unique: true}}\n" + forbidden));
  }

  private static Forbidden forbidden(String yaml) {
    return catalog("forbidden: " + yaml).forbidden();
  }

  @Test
  void cardNumbers_areForbiddenUnlessTheCatalogSaysOtherwise() {
    assertThat(Catalog.DEFAULT.forbidden().text(CARD)).isEqualTo("[masked:card_number]");
    assertThat(catalog("").forbidden().text(CARD)).isEqualTo("[masked:card_number]");
    assertThat(forbidden("{fields: [diagnosis]}").text(CARD)).isEqualTo("[masked:card_number]");
    Forbidden off = forbidden("{card_numbers: false}");
    assertThat(off.text(CARD)).isEqualTo(CARD);
    assertThat(off.isEmpty()).isTrue();
  }

  @Test
  void exceptedField_keepsItsNumber_andNothingElse() {
    Forbidden rules = forbidden("{card_numbers: {except: [gtin, order.number]}}");
    assertThat(rules.text(null, "GTIN", CARD)).isEqualTo(CARD);
    assertThat(rules.isCard(null, "gtin", Long.parseLong(CARD))).isFalse();
    assertThat(rules.text(FieldPath.of("order"), "number", CARD)).isEqualTo(CARD);
    assertThat(rules.text(null, "number", CARD)).isNotEqualTo(CARD);
    assertThat(rules.text(null, "gtin", "card " + CARD)).isEqualTo("card [masked:card_number]");
    assertThat(rules.text(null, "gtin", "4111 1111 1111 1111")).isEqualTo("[masked:card_number]");
  }

  @ParameterizedTest
  @CsvSource({
    "diagnosis,            diagnosis",
    "Diagnosis,            diagnosis",
    "traits.diagnosis,     diagnosis",
    "blood_type,           blood_type",
    "bloodType,            blood_type",
    "Blood Type,           blood_type",
    "a.b.health.notes,     health.notes",
    "HEALTH.Notes,         health.notes",
  })
  void field_isFoundInAnyCaseAndAtAnyDepth(String path, String name) {
    FieldNames names = forbidden("{fields: [diagnosis, blood_type, health.notes]}").fields();
    assertThat(names.find(parent(path), last(path))).contains(name);
    assertThat(names.find(path)).as("as one name with dots").contains(name);
  }

  @ParameterizedTest
  @CsvSource({"diagnosis_code", "diagnosi", "notes", "myhealth.notes", "health.notes.text"})
  void field_ofAnotherName_isNotFound(String path) {
    FieldNames names = forbidden("{fields: [diagnosis, blood_type, health.notes]}").fields();
    assertThat(names.find(parent(path), last(path))).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{fieldz: []}|catalog.yaml:2:13: unknown key \"fieldz\"; did you mean \"fields\"?",
        "{fields: [\"\"]}|catalog.yaml:2:22: \"\" is not the name of a field",
        "{fields: [a..b]}|\"a..b\" is not the name of a field",
        "{fields: [\"a.-.b\"]}|\"a.-.b\" is not the name of a field",
        "{fields: [\"a\\\"b\"]}|is not the name of a field",
        "{card_numbers: maybe}|\"maybe\" is not allowed (allowed: true, false)",
        "{card_numbers: {}}|the key \"except\" is missing",
      })
  void catalog_thatIsWrong_isRefusedWithItsPlace(String yaml, String message) {
    assertThatThrownBy(() -> forbidden(yaml))
        .isInstanceOf(DefinitionException.class)
        .hasMessageContaining(message);
  }

  @Test
  void identifier_thatIsForbiddenOrWasMasked_identifiesNobody() {
    Catalog catalog = catalog("");
    assertThatThrownBy(() -> catalog.identifier("user_id", CARD))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("value: a payment card number, which is forbidden data (it identifies nobody)");
    assertThatThrownBy(() -> catalog.identifier("user_id", "[masked:card_number]"))
        .hasMessage("value: forbidden data that was masked (it identifies nobody)");
    Catalog excepted = catalog("forbidden: {card_numbers: {except: [userId]}}");
    assertThat(excepted.identifier("user_id", CARD).value()).isEqualTo(CARD);
  }

  private static FieldPath parent(String path) {
    int dot = path.lastIndexOf('.');
    return dot < 0
        ? FieldPath.of("top")
        : new FieldPath(parent(path.substring(0, dot)), last(path.substring(0, dot)));
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('.') + 1);
  }
}
