package dev.attune.store.near;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FloorsTest {
  private static final long KEEP = 1_000;

  private final Floors floors = new Floors(3, KEEP);

  private static Asked asked(long turn) {
    return new Asked(turn, 0, 0);
  }

  @Test
  void profile_isAdmittedFromItsVersionOn_howeverLateItWasAskedFor() {
    floors.raise("p", 7, 1, 0);
    floors.raise("p", 5, 2, 0); // told late
    assertThat(floors.admits("p", 6, asked(9))).isFalse();
    assertThat(floors.admits("p", 7, asked(9))).isTrue();
    assertThat(floors.admits("q", 1, asked(9))).isTrue();
  }

  @Test
  void answerWithoutAVersion_isAdmittedWhenItWasAskedForAfterTheChange() {
    floors.raise("i", 0, 5, 0);
    assertThat(floors.admits("i", asked(4))).isFalse();
    assertThat(floors.admits("i", asked(6))).isTrue();
  }

  // Letting go must not open a gap: who was asked before is refused, whatever it is about.
  @Test
  void floorsBeyondTheirNumber_areLetGo_andPutEarlierQuestionsUnderSuspicion() {
    for (int i = 1; i <= 10; i++) {
      floors.raise("p" + i, 1, i, 0);
    }
    assertThat(floors.size()).isEqualTo(3);
    assertThat(floors.admits("p1", 0, asked(7))).isFalse();
    assertThat(floors.admits("other", asked(7))).isFalse();
    assertThat(floors.admits("p1", 0, asked(8))).isTrue();
    assertThat(floors.admits("p10", 0, asked(8))).isFalse();
  }

  @Test
  void floorsPastTheirTime_areLetGoWithTheNextChange() {
    floors.raise("p", 1, 1, 0);
    floors.raise("q", 1, 2, KEEP);
    assertThat(floors.size()).isEqualTo(2);
    floors.raise("r", 1, 3, KEEP + 1);
    assertThat(floors.size()).isEqualTo(2);
    assertThat(floors.admits("p", 0, asked(1))).isFalse();
    assertThat(floors.admits("p", 0, asked(2))).isTrue();
  }

  @Test
  void floorThatIsRaisedAgain_staysWhenItsFirstRaisingIsLetGo() {
    floors.raise("p", 1, 1, 0);
    floors.raise("p", 9, 2, 0);
    floors.raise("q", 1, 3, 0);
    floors.raise("r", 1, 4, 0);
    assertThat(floors.admits("p", 8, asked(9))).isFalse();
    assertThat(floors.admits("s", 1, asked(1))).as("nothing was forgotten").isTrue();
  }
}
