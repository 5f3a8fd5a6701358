package dev.attune.dispatcher.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.attune.core.webhook.SecretReference;
import dev.attune.core.webhook.SigningSecret;
import dev.attune.core.webhook.SigningSecret.Scheme;
import dev.attune.dispatcher.Webhooks;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LocalSecretsTest {
  private static final SigningSecret CRM = hmac(new SecretReference.Environment("CRM"));
  private static final SigningSecret CRM_KEY =
      new SigningSecret(Scheme.ED25519, new SecretReference.Environment("CRM"));

  @TempDir Path folder;

  @Test
  void key_fromEnvironment_isDecodedAndTrimmed() throws Exception {
    assertThat(signature(secrets(" " + Webhooks.SECRET + "\n"), CRM))
        .isEqualTo(signature(Base64.getDecoder().decode(Webhooks.SECRET.substring(6))));
  }

  @Test
  void key_ofV1a_isDecoded() throws Exception {
    assertThat(signature(secrets(Webhooks.SIGNING_KEY), CRM_KEY)).startsWith("v1a,");
  }

  @Test
  void key_notSet_namesTheVariable() {
    assertThatThrownBy(() -> secrets("").key(hmac(new SecretReference.Environment("OTHER"))))
        .isInstanceOf(Secrets.SecretException.class)
        .hasMessage("the environment variable OTHER is not set");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "hunter2-hunter2-hunter2",
        "whsec_",
        "whsec_c2hvcnQ=",
        "whsec_!!",
        "whsk_abc",
        Webhooks.SIGNING_KEY
      })
  void key_notASecret_saysTheFormAndNeverTheText(String text) {
    assertThatThrownBy(() -> secrets(text).key(CRM))
        .hasMessage(
            "the environment variable CRM holds no signing secret (allowed: whsec_ and the base64 of"
                + " 24 to 64 bytes)");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "hunter2-hunter2-hunter2", "whsk_", "whsk_c2hvcnQ=", Webhooks.SECRET})
  void key_notAKeyOfV1a_saysTheFormAndNeverTheText(String text) {
    assertThatThrownBy(() -> secrets(text).key(CRM_KEY))
        .hasMessage(
            "the environment variable CRM holds no signing key of v1a (allowed: whsk_ and the base64"
                + " of an Ed25519 private key's 32 bytes, or of those and its public key's 32)");
  }

  // Secrets are rotated by replacing a mounted file while the dispatcher runs.
  @Test
  void key_fileReplaced_isReadAgain() throws Exception {
    Path file = folder.resolve("crm");
    SigningSecret reference = hmac(new SecretReference.File(file.toString()));
    LocalSecrets secrets = secrets("");
    assertThatThrownBy(() -> secrets.key(reference))
        .hasMessage("the file " + file + " cannot be read (NoSuchFileException)");

    Files.writeString(file, Webhooks.SECRET + "\n");
    String first = signature(secrets, reference);
    String other = "whsec_" + Base64.getEncoder().encodeToString(new byte[32]);
    Files.writeString(file, other);
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));

    assertThat(first)
        .isEqualTo(signature(Base64.getDecoder().decode(Webhooks.SECRET.substring(6))));
    assertThat(signature(secrets, reference)).isEqualTo(signature(new byte[32]));
  }

  private static SigningSecret hmac(SecretReference reference) {
    return new SigningSecret(Scheme.HMAC_SHA256, reference);
  }

  private static String signature(LocalSecrets secrets, SigningSecret secret) throws Exception {
    return secrets.key(secret).sign("msg_1", 1, ByteString.EMPTY);
  }

  private static String signature(byte[] key) {
    return HmacKey.of(key).sign("msg_1", 1, ByteString.EMPTY);
  }

  private static LocalSecrets secrets(String value) {
    return new LocalSecrets(Map.of("CRM", value)::get);
  }
}
