package dev.attune.load.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CdnowTest {
  private static final Instant NOW = Instant.parse("2026-11-21T09:30:00Z");

  @TempDir private Path folder;

  @Test
  void purchases_areMovedUntilTheLastIsSixHoursOld() throws Exception {
    Cdnow cdnow =
        read(
            """
             customer_id  date number_of_cds  dollar_value
             00001 19980601  1   11.77
             00001 19980630  2   12.00
             00002 19980531  1    0.10
             00002 19980630  1    0.20
             00003 19980630  1    5.00
            """);

    assertThat(cdnow.rows()).isEqualTo(5);
    assertThat(cdnow.dollars()).isEqualByComparingTo("29.07");
    assertThat(cdnow.purchases().get("00003"))
        .containsExactly(
            new Cdnow.Purchase(Instant.parse("2026-11-21T03:00:00Z"), new BigDecimal("5.00")));
    // 29 days apart counts, 30 days does not once the hours since are added.
    assertThat(cdnow.frequentBuyers(NOW)).isEqualTo(List.of("00001"));
    assertThat(cdnow.model()).contains("files: CDNOW_master.txt", " hours' as purchased_at");
  }

  private Cdnow read(String text) throws Exception {
    return Cdnow.read(Files.writeString(folder.resolve(Cdnow.FILE), text), NOW);
  }
}
