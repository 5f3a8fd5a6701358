package dev.attune.store.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DynamoSettingsTest {
  private static final URI HERE = URI.create("http://127.0.0.1:8000");

  @Test
  void aws_hasTheDefaults() {
    assertThat(DynamoSettings.aws("eu-central-1", "prod"))
        .isEqualTo(
            new DynamoSettings(
                "eu-central-1",
                "",
                "prod",
                "",
                "",
                Duration.ofSeconds(1),
                Duration.ofSeconds(2),
                128));
  }

  @Test
  void local_needsNobodysCredentials() {
    DynamoSettings settings = DynamoSettings.local(HERE, "prod");
    assertThat(settings.endpoint()).isEqualTo("http://127.0.0.1:8000");
    assertThat(settings.accessKeyId()).isNotEmpty();
  }

  @Test
  void toString_neverHasTheCredentials() {
    assertThat(with("http://dynamo.internal", "AKIAEXAMPLE", "s3cret", Duration.ofSeconds(1), 1))
        .hasToString("dynamodb://eu-central-1/prod at http://dynamo.internal");
  }

  @Test
  void whatCannotBe_isRefusedByName() {
    assertRefused("region", () -> DynamoSettings.aws("Frankfurt am Main", "prod"));
    assertRefused("tablePrefix", () -> DynamoSettings.aws("eu-central-1", "prod_1"));
    assertRefused("tablePrefix", () -> DynamoSettings.aws("eu-central-1", "p".repeat(65)));
    assertRefused("secretAccessKey", () -> with("", "AKIAEXAMPLE", "", Duration.ofSeconds(1), 1));
    assertRefused("connectTimeout", () -> with("", "", "", Duration.ofMillis(9), 1));
    assertRefused("connectTimeout", () -> with("", "", "", Duration.ofSeconds(61), 1));
    assertRefused("maxCallsUnderWay", () -> with("", "", "", Duration.ofSeconds(1), 0));
    assertRefused("maxCallsUnderWay", () -> with("", "", "", Duration.ofSeconds(1), 4097));
  }

  @Test
  void endpoint_withAPassword_isRefusedWithoutRepeatingIt() {
    assertThatThrownBy(() -> with("http://me:s3cret@host", "", "", Duration.ofSeconds(1), 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("endpoint")
        .hasMessageNotContaining("s3cret");
    assertRefused("endpoint", () -> with("host:8000", "", "", Duration.ofSeconds(1), 1));
    assertRefused("endpoint", () -> with("http://a host", "", "", Duration.ofSeconds(1), 1));
  }

  private static DynamoSettings with(
      String endpoint, String accessKeyId, String secret, Duration timeout, int maxCallsUnderWay) {
    return new DynamoSettings(
        "eu-central-1", endpoint, "prod", accessKeyId, secret, timeout, timeout, maxCallsUnderWay);
  }

  private static void assertRefused(
      String name, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(name);
  }
}
