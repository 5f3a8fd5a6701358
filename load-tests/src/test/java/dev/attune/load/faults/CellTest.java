package dev.attune.load.faults;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CellTest {
  @Test
  void next_ofAnEqualValue_keepsItsStamp() {
    Cell cell = new Cell("free", 10);
    assertThat(Cell.next(cell, "free", 20)).isEqualTo(cell);
    assertThat(Cell.next(new Cell(null, 10), null, 20)).isEqualTo(new Cell(null, 10));
  }

  @Test
  void next_ofAnotherValue_hasTheRowsStamp_orOneGreaterThanBefore() {
    Cell cell = new Cell("free", 10);
    assertThat(Cell.next(cell, "pro", 20)).isEqualTo(new Cell("pro", 20));
    assertThat(Cell.next(cell, "pro", 5)).isEqualTo(new Cell("pro", 11));
    assertThat(Cell.next(cell, null, 10)).isEqualTo(new Cell(null, 11));
    assertThat(Cell.next(null, null, 7)).isEqualTo(new Cell(null, 7));
  }
}
