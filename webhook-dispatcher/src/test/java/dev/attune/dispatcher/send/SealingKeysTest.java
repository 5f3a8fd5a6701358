package dev.attune.dispatcher.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.definition.Yaml;
import dev.attune.core.webhook.SealedSecret;
import dev.attune.core.webhook.SigningSecret.Scheme;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SealingKeysTest {
  private static final Instant NOW = Instant.parse("2026-03-01T10:00:00Z");
  private static final byte[] SECRET =
      "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final String K1 = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  private static final String OTHER_K1 = "k1:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";
  private static final String K2 = "k2:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

  private static SealingKeys keys(String text) {
    return SealingKeys.of(Map.of(SealingKeys.VARIABLE, text));
  }

  private static SealedSecret sealed(String with) {
    return keys(with).seal("crm", Scheme.HMAC_SHA256, SECRET, NOW);
  }

  @Test
  void sealed_isKeptAsText_andOpenedByItsKey_howeverManyThereAre() throws Exception {
    SealedSecret sealed = sealed(K1);
    String kept = SealedSecret.yaml(List.of(sealed, sealed.endedAt(NOW.plusSeconds(1))));
    List<SealedSecret> read = SealedSecret.parse(Yaml.parse("webhook-secret/crm", kept));
    assertThat(read).containsExactly(sealed, sealed.endedAt(NOW.plusSeconds(1)));
    assertThat(keys(K2 + ", " + K1).open("crm", read.getFirst())).isEqualTo(SECRET);
    assertThat(sealed(K2 + "," + K1).key()).isEqualTo("k2");
    assertThat(sealed(K1).sealed()).as("another nonce").isNotEqualTo(sealed.sealed());
  }

  // Whoever can write records cannot give one webhook another's secret.
  @Test
  void sealed_isOfOneWebhookAndScheme_andOfOneKey() {
    SealedSecret sealed = sealed(K1);
    assertNotOpened("other", sealed, K1, "cannot be opened");
    assertNotOpened(
        "crm",
        new SealedSecret(Scheme.ED25519, "k1", sealed.sealed(), NOW, Instant.MAX),
        K1,
        "cannot be opened");
    byte[] changed = Base64.getDecoder().decode(sealed.sealed());
    changed[20] ^= 1;
    assertNotOpened(
        "crm",
        new SealedSecret(
            Scheme.HMAC_SHA256,
            "k1",
            Base64.getEncoder().encodeToString(changed),
            NOW,
            Instant.MAX),
        K1,
        "cannot be opened");
    assertNotOpened(
        "crm",
        new SealedSecret(Scheme.HMAC_SHA256, "k1", "none", NOW, Instant.MAX),
        K1,
        "cannot be opened");
    assertNotOpened("crm", sealed, OTHER_K1, "the key k1 is another one than it was");
    assertNotOpened("crm", sealed, K2, "sealed with the key k1, which ATTUNE_SECRETS_KEYS");
    assertNotOpened("crm", sealed, "", "sealed with the key k1, which ATTUNE_SECRETS_KEYS");
  }

  private static void assertNotOpened(
      String webhook, SealedSecret sealed, String with, String message) {
    assertThatThrownBy(() -> keys(with).open(webhook, sealed))
        .isInstanceOf(Secrets.SecretException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "k1:",
        "k1:AAAA",
        "k1:no base64",
        ":AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "k'1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
      })
  void keys_thatAreNone_areRefusedAtTheStart_andNotRepeated(String text) {
    assertThatThrownBy(() -> keys(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("ATTUNE_SECRETS_KEYS holds no keys (allowed: ID:BASE64")
        .hasMessageNotContaining("AAAA");
  }

  @Test
  void keys_ofAFile_oneOnEachLine(@TempDir Path folder) throws Exception {
    assertThat(keys("").canSeal()).isFalse();
    Path file = Files.writeString(folder.resolve("keys"), K2 + "\n" + K1 + "\n");
    Map<String, String> named = Map.of(SealingKeys.FILE_VARIABLE, file.toString());
    assertThat(SealingKeys.of(named).open("crm", sealed(K1))).isEqualTo(SECRET);
    assertThatThrownBy(() -> keys(K1 + "," + OTHER_K1)).hasMessageContaining("k1 twice");
    assertThatThrownBy(
            () -> SealingKeys.of(Map.of(SealingKeys.VARIABLE, K1, SealingKeys.FILE_VARIABLE, "f")))
        .hasMessageContaining("are both set");
    Files.delete(file);
    assertThatThrownBy(() -> SealingKeys.of(named))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("cannot be read (NoSuchFileException)");
  }
}
