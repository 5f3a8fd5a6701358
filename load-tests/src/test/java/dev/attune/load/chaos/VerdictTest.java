package dev.attune.load.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VerdictTest {
  private static final Instant BEGIN = Instant.parse("2026-03-01T10:00:00Z");
  private static final int PLAIN = 0;
  private static final int CONSENTED = 1;

  private final List<Attempt> attempts = new ArrayList<>();
  private final List<Instant> breaks = new ArrayList<>();
  private Map<Integer, Instant> withdrawn = Map.of();
  private Map<Integer, Instant> deleted = Map.of();

  @Test
  void everythingInOrder_isRight() {
    attempt(PLAIN, 1, 0, Answer.ERROR);
    attempt(PLAIN, 1, 1, Answer.TAKEN);
    attempt(PLAIN, 2, 2, Answer.TAKEN_SLOWLY);
    attempt(CONSENTED, 1, 2, Answer.TAKEN);
    attempt(CONSENTED, 2, 3, Answer.TAKEN);

    Verdict verdict = verdict();

    assertThat(verdict.first()).isEmpty();
    assertThat(verdict.deliveries()).isEqualTo(4);
    assertThat(wrong(verdict)).isZero();
    assertThat(verdict.repeated()).isZero();
    assertThat(verdict.answers())
        .isEqualTo(Map.of(Answer.ERROR, 1, Answer.TAKEN, 3, Answer.TAKEN_SLOWLY, 1));
  }

  @Test
  void neverTaken_isLost() {
    allTaken();
    attempts.removeLast();
    attempt(CONSENTED, 2, 3, Answer.RESET);

    Verdict verdict = verdict();

    assertThat(verdict.lost()).isEqualTo(1);
    assertThat(wrong(verdict)).isEqualTo(1);
    assertThat(verdict.first()).isEqualTo("message 2 of person 0 was never taken at endpoint 1");
  }

  @Test
  void newerBeforeTheOlderIsTaken_isOutOfOrder() {
    attempt(PLAIN, 1, 0, Answer.SILENCE);
    attempt(PLAIN, 2, 1, Answer.ERROR);
    attempt(PLAIN, 1, 2, Answer.TAKEN);
    attempt(PLAIN, 2, 3, Answer.TAKEN);
    attempt(CONSENTED, 1, 4, Answer.TAKEN);
    attempt(CONSENTED, 2, 5, Answer.TAKEN);

    assertThat(verdict().disordered()).isEqualTo(1);
    assertThat(wrong(verdict())).isEqualTo(1);
  }

  @Test
  void otherBytes_otherId_andWhatNobodyWrote_areChanged() {
    allTaken();
    attempts.add(new Attempt(PLAIN, 0, 1, "id-0-1", "other", true, at(5), 0, Answer.TAKEN));
    attempts.add(new Attempt(PLAIN, 0, 1, "other", "bytes-1", true, at(5), 0, Answer.TAKEN));
    attempts.add(new Attempt(PLAIN, 0, 3, "id-0-3", "bytes-3", true, at(5), 0, Answer.TAKEN));
    attempts.add(
        new Attempt(PLAIN, Attempt.NOBODY, 1, "id", "bytes-1", true, at(5), 0, Answer.TAKEN));

    assertThat(verdict().changed()).isEqualTo(4);
    assertThat(wrong(verdict())).isEqualTo(4);
  }

  @Test
  void oneIdOfTwoMessages_isChanged() {
    attempt(PLAIN, 1, 0, Answer.TAKEN);
    attempts.add(new Attempt(PLAIN, 0, 2, "id-0-1", "bytes-2", true, at(1), 0, Answer.TAKEN));

    assertThat(verdict().changed()).isEqualTo(1);
  }

  @Test
  void wrongSignature_isForged() {
    allTaken();
    attempts.add(new Attempt(PLAIN, 0, 1, "id-0-1", "bytes-1", false, at(5), 0, Answer.TAKEN));

    assertThat(verdict().forged()).isEqualTo(1);
    assertThat(wrong(verdict())).isEqualTo(1);
  }

  @Test
  void afterTheWithdrawal_isForbiddenWhereConsentIsAsked() {
    withdrawn = Map.of(0, BEGIN.plusSeconds(10));
    allTaken();
    attempt(PLAIN, 2, 20, Answer.TAKEN);
    attempt(CONSENTED, 2, 20, Answer.TAKEN);

    assertThat(verdict().forbidden()).isEqualTo(1);
    assertThat(wrong(verdict())).isEqualTo(1);
  }

  @Test
  void askedJustBeforeTheWithdrawal_isNotForbidden() {
    withdrawn = Map.of(0, BEGIN.plusMillis(10_500));
    allTaken();
    attempt(CONSENTED, 2, 11, Answer.TAKEN);
    assertThat(verdict().forbidden()).isZero();

    attempt(CONSENTED, 2, 12, Answer.TAKEN);
    assertThat(verdict().forbidden()).isEqualTo(1);
  }

  @Test
  void afterTheDeletion_isForbiddenEverywhere() {
    deleted = Map.of(0, BEGIN.plusSeconds(10));
    allTaken();
    attempt(PLAIN, 2, 20, Answer.TAKEN);
    attempt(CONSENTED, 2, 20, Answer.TAKEN);

    assertThat(verdict().forbidden()).isEqualTo(2);
  }

  @Test
  void whatIsNotSentOfThem_isWithheldAndNotLost() {
    withdrawn = Map.of(0, BEGIN);
    attempt(PLAIN, 1, 0, Answer.TAKEN);

    Verdict verdict = verdict();

    assertThat(verdict.withheld()).isEqualTo(2);
    assertThat(verdict.lost()).isEqualTo(1);
  }

  @Test
  void again_isCounted_andExplainedByABreak() {
    allTaken();
    attempt(PLAIN, 2, 20, Answer.TAKEN);
    assertThat(verdict().repeated()).isEqualTo(1);
    assertThat(verdict().unexplained()).isEqualTo(1);

    breaks.add(BEGIN.minusSeconds(1));
    breaks.add(BEGIN.plusSeconds(21));
    assertThat(verdict().unexplained()).isEqualTo(1);
    breaks.add(BEGIN.plusSeconds(15));
    assertThat(verdict().unexplained()).isZero();
    assertThat(verdict().late()).isZero();

    attempt(PLAIN, 1, 21, Answer.TAKEN);
    assertThat(verdict().late()).isEqualTo(1);
    assertThat(wrong(verdict())).isZero();
  }

  private void allTaken() {
    for (int endpoint : List.of(PLAIN, CONSENTED)) {
      attempt(endpoint, 1, 0, Answer.TAKEN);
      attempt(endpoint, 2, 1, Answer.TAKEN);
    }
  }

  private void attempt(int endpoint, int number, int second, Answer answer) {
    attempts.add(
        new Attempt(
            endpoint,
            0,
            number,
            "id-" + endpoint + "-" + number,
            "bytes-" + number,
            true,
            at(second),
            BEGIN.plusSeconds(second).toEpochMilli(),
            answer));
  }

  private static long at(int second) {
    return BEGIN.plusSeconds(second).getEpochSecond();
  }

  private Verdict verdict() {
    return Verdict.of(attempts, new Expected(2, List.of(2), withdrawn, deleted), breaks);
  }

  private static int wrong(Verdict verdict) {
    return verdict.lost()
        + verdict.disordered()
        + verdict.changed()
        + verdict.forged()
        + verdict.forbidden();
  }
}
