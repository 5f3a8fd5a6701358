package dev.attune.standalone.client;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RunTextTest {
  private static String detail(String run) throws Exception {
    return RunText.detail(AttuneClient.JSON.readTree(run));
  }

  private static String brief(String run) throws Exception {
    return RunText.brief(AttuneClient.JSON.readTree(run));
  }

  @Test
  void runThatReads_saysItsRows_orTheShareOfItsFiles() throws Exception {
    assertThat(detail("{\"state\":\"reading\",\"rows\":0}")).isEqualTo("reads the table");
    assertThat(detail("{\"state\":\"reading\",\"rows\":24000}"))
        .isEqualTo("reads the table: 24000 rows so far");
    assertThat(detail("{\"state\":\"reading\",\"rows\":0,\"percent_read\":43}"))
        .isEqualTo("reads the table: 43% of it");
  }

  @Test
  void runThatWrites_isBriefBesideABar() throws Exception {
    assertThat(
            brief(
                """
                {"kind": "profiles", "rows": 5000000, "total": 210000, "written": 84599, "again": 0,
                 "rows_per_second": 5200, "seconds_left": 25}
                """))
        .isEqualTo("84.5k of 210k changed, 5200/s, 25 s left, 5M read");
    assertThat(
            brief(
                """
                {"kind": "profiles", "rows": 9, "total": 9, "written": 0, "again": 2,
                 "slowed": "the evaluator is 40 s behind"}
                """))
        .isEqualTo("0 of 9 rows, slowed: the evaluator is 40 s behind, 9 read");
    assertThat(brief("{\"kind\":\"events\",\"rows\":9,\"total\":9,\"written\":3,\"again\":0}"))
        .isEqualTo("3 of 9 rows, 9 read");
  }

  @Test
  void count_hasThreeDigitsAtLeast_andIsRoundedDown() {
    assertThat(RunText.rounded(9_999)).isEqualTo("9999");
    assertThat(RunText.rounded(10_000)).isEqualTo("10k");
    assertThat(RunText.rounded(99_999)).isEqualTo("99.9k");
    assertThat(RunText.rounded(999_999)).isEqualTo("999k");
    assertThat(RunText.rounded(1_250_000)).isEqualTo("1.2M");
    assertThat(RunText.rounded(123_456_789)).isEqualTo("123M");
  }
}
