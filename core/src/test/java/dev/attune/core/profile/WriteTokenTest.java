package dev.attune.core.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WriteTokenTest {
  @Test
  void encode_sortsByPartition() {
    WriteToken token = new WriteToken(new TreeMap<>(Map.of(5, 2L, 3, 17L)));
    assertThat(token.encode()).isEqualTo("v1." + base64("3:17,5:2"));
    assertThat(WriteToken.decode(token.encode())).isEqualTo(token);
  }

  @Test
  void encode_ofMostAndGreatest_isWithinTheLength() {
    TreeMap<Integer, Long> offsets = new TreeMap<>();
    for (int i = 0; i < WriteToken.PARTITIONS_MAX; i++) {
      offsets.put(Integer.MAX_VALUE - i, 1L << 53);
    }
    String token = new WriteToken(offsets).encode();
    assertThat(token.length()).isLessThanOrEqualTo(WriteToken.LENGTH_MAX);
    assertThat(WriteToken.decode(token).lastOffsets()).isEqualTo(offsets);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "17",
        "5:2,3:17",
        "3:17,3:18",
        "3:",
        ":3",
        "-1:2",
        "3:-1",
        "03:1",
        "3:1,",
        " 3:1",
        "99999999999:1",
        "2147483648:1",
        "3:9999999999999999",
        "3:99999999999999999999",
        "\u0000"
      })
  void decode_ofAnythingElse_saysSoInOneSentence(String entries) {
    assertThatThrownBy(() -> WriteToken.decode("v1." + base64(entries)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("token: ")
        .hasMessageMatching("[^\n]{1,120}");
    assertThatThrownBy(() -> WriteToken.decode(entries))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("token: ");
  }

  @Test
  void decode_ofAnotherSpelling_isRefused() {
    String token = new WriteToken(new TreeMap<>(Map.of(3, 1L))).encode();
    assertThat(WriteToken.decode(token).encode()).isEqualTo(token);
    assertThatThrownBy(() -> WriteToken.decode(token.substring(3))).hasMessageContaining("token");
    assertThatThrownBy(() -> WriteToken.decode(token.replace("v1.", "v2.")))
        .hasMessageContaining("not one that the collector wrote");
    assertThatThrownBy(() -> WriteToken.decode("v1." + "+/+/"))
        .hasMessageContaining("not one that the collector wrote");
  }

  @Test
  void decode_ofTooMuch_namesTheLimit() {
    StringBuilder many = new StringBuilder("0:1");
    for (int i = 1; i <= WriteToken.PARTITIONS_MAX; i++) {
      many.append(',').append(i).append(":1");
    }
    assertThatThrownBy(() -> WriteToken.decode("v1." + base64(many.toString())))
        .hasMessage("token: 257 partitions (expected: 1-256)");
    assertThatThrownBy(() -> WriteToken.decode("v1." + "A".repeat(20_000)))
        .hasMessageContaining("expected: at most 10000");
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
