package dev.attune.dispatcher.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.webhook.SecretReference;
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
  @TempDir Path folder;

  @Test
  void key_fromEnvironment_isDecodedAndTrimmed() throws Exception {
    assertThat(secrets(" " + Webhooks.SECRET + "\n").key(new SecretReference.Environment("CRM")))
        .isEqualTo(Base64.getDecoder().decode(Webhooks.SECRET.substring(6)));
  }

  @Test
  void key_notSet_namesTheVariable() {
    assertThatThrownBy(() -> secrets("").key(new SecretReference.Environment("OTHER")))
        .isInstanceOf(Secrets.SecretException.class)
        .hasMessage("the environment variable OTHER is not set");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "hunter2-hunter2-hunter2", "whsec_", "whsec_c2hvcnQ=", "whsec_!!", "whsk_abc"})
  void key_notASecret_saysTheFormAndNeverTheText(String text) {
    assertThatThrownBy(() -> secrets(text).key(new SecretReference.Environment("CRM")))
        .hasMessage(
            "the environment variable CRM holds no signing secret (allowed: whsec_ and the base64 of"
                + " 24 to 64 bytes)");
  }

  // Secrets are rotated by replacing a mounted file while the dispatcher runs.
  @Test
  void key_fileReplaced_isReadAgain() throws Exception {
    Path file = folder.resolve("crm");
    SecretReference reference = new SecretReference.File(file.toString());
    LocalSecrets secrets = secrets("");
    assertThatThrownBy(() -> secrets.key(reference))
        .hasMessage("the file " + file + " cannot be read (NoSuchFileException)");

    Files.writeString(file, Webhooks.SECRET + "\n");
    byte[] first = secrets.key(reference);
    String other = "whsec_" + Base64.getEncoder().encodeToString(new byte[32]);
    Files.writeString(file, other);
    Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-01T00:00:00Z")));

    assertThat(first).isEqualTo(Base64.getDecoder().decode(Webhooks.SECRET.substring(6)));
    assertThat(secrets.key(reference)).isEqualTo(new byte[32]);
  }

  private static LocalSecrets secrets(String value) {
    return new LocalSecrets(Map.of("CRM", value)::get);
  }
}
