package dev.attune.core.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
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
    List<WriteToken.Span> spans = new ArrayList<>();
    for (int i = WriteToken.SPANS_MAX - 1; i >= 0; i--) {
      int partition = Integer.MAX_VALUE - i;
      offsets.put(partition, 1L << 53);
      spans.add(new WriteToken.Span(partition, (1L << 53) - 15, 1L << 53));
    }
    String token = new WriteToken(spans).encode();
    assertThat(token.length()).isLessThanOrEqualTo(WriteToken.LENGTH_MAX);
    assertThat(WriteToken.decode(token).lastOffsets()).isEqualTo(offsets);
    assertThat(WriteToken.decode(token).spans()).isEqualTo(spans);
  }

  @Test
  void of_recordsThatFollowOneAnother_isOneSpan() {
    WriteToken token =
        WriteToken.of(Map.of(5, List.of(9L, 7L, 8L), 3, List.of(1L), 4, List.of(1L, 3L, 4L)));
    assertThat(token.encode()).isEqualTo("v1." + base64("3:1,4:1,4:3-4,5:7-9"));
    assertThat(WriteToken.decode(token.encode())).isEqualTo(token);
    assertThat(token.lastOffsets()).isEqualTo(Map.of(3, 1L, 4, 4L, 5, 9L));
  }

  // Others' events in between: a token stays short, and names the last in every partition.
  @Test
  void of_scatteredRecords_keepsTheLastOfEachPartition() {
    Map<Integer, List<Long>> scattered = new TreeMap<>();
    for (int partition = 0; partition < 4; partition++) {
      scattered.put(
          partition, LongStream.range(0, 600).map(n -> 1_000_000 + 2 * n).boxed().toList());
    }
    WriteToken token = WriteToken.of(scattered);
    assertThat(token.spans()).hasSize(128);
    assertThat(token.encode()).hasSizeLessThan(3_000);
    assertThat(token.lastOffsets().values()).containsOnly(1_001_198L);
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
        "3:2-1",
        "3:1-1",
        "3:1-",
        "3:1-02",
        "3:1-2,3:3",
        "3:1-4,3:4",
        "3:1,3:0",
        "3:1-9999999999999999",
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
    for (int i = 1; i <= WriteToken.SPANS_MAX; i++) {
      many.append(',').append(i).append(":1");
    }
    assertThatThrownBy(() -> WriteToken.decode("v1." + base64(many.toString())))
        .hasMessage("token: 257 places in the log (expected: 1-256)");
    assertThatThrownBy(() -> WriteToken.decode("v1." + "A".repeat(20_000)))
        .hasMessageContaining("expected: at most 15400");
    assertThatThrownBy(() -> WriteToken.decode("v1." + base64("0:0-9007199254740992")))
        .hasMessage("token: 9007199254740993 records (expected: 1-4096)");
  }

  private static String base64(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
