package dev.attune.core.forbidden;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CardNumbersTest {
  private static final long SEED = 20_261_128;

  private static String mask(String text) {
    return CardNumbers.mask(text, "#");
  }

  // Numbers that issuers and payment services publish for tests.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "4111111111111111",
        "4222222222222",
        "4000000000000000006",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "371449635398431",
        "6011111111111117",
        "6011000990139424",
        "30569309025904",
        "38520000023237",
        "36227206271667",
        "3530111333300000",
        "3566002020360505",
        "6200000000000005",
        "6205500000000000004",
        "6759649826438453",
        "5018000000000009",
        "2200000000000004",
        "6062826786276634",
        "5066991111111118",
        "6521111111111117",
        "9792000000000001"
      })
  void mask_numberOfEachIssuer_isMaskedWhereverItStands(String number) {
    // Some of these are made here: the digit that makes them right is the last.
    String right = withCheckDigit(number.substring(0, number.length() - 1));
    assertThat(mask(right)).isEqualTo("#");
    assertThat(mask("pay with " + right + ", please.")).isEqualTo("pay with #, please.");
    assertThat(mask("card" + right)).isEqualTo("card#");
    assertThat(mask("[" + right + "=2812]")).isEqualTo("[#=2812]");
    String more = withCheckDigit(right);
    char other = more.endsWith("0") ? '1' : '0';
    assertThat(mask(right + other)).as("a part of more digits").isEqualTo(right + other);
    assertThat(CardNumbers.isOne(Long.parseLong(right))).isTrue();
    char wrong = right.endsWith("9") ? '0' : (char) (right.charAt(right.length() - 1) + 1);
    assertThat(mask(right.substring(0, right.length() - 1) + wrong)).isNotEqualTo("#");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "4111 1111 1111 1111",
        "4111-1111-1111-1111",
        "4111.1111.1111.1111",
        "4111_1111_1111_1111",
        "4111 - 1111 - 1111 - 1111",
        "4111\u00a01111\u20111111\u22121111",
        "4111\n1111\t1111\r\n1111",
        "41111111 11111111",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "4111\u200b1111\u00ad1111\u20091111",
        "\uff14\uff11\uff11\uff11111111111111",
        "\u0664\u0661\u0661\u0661111111111111",
      })
  void mask_numberInGroupsOrOtherDigits_isMasked(String number) {
    assertThat(mask(number)).isEqualTo("#");
    assertThat(mask("It is " + number + ". Thanks")).isEqualTo("It is #. Thanks");
  }

  @Test
  void mask_whatStandsBesideANumber_isKept() {
    assertThat(mask("4111 1111 1111 1111 12/27")).isEqualTo("# 12/27");
    assertThat(mask("4111 1111 1111 1111 0327 123")).isEqualTo("# 0327 123");
    assertThat(mask("order 12 4111-1111-1111-1111")).isEqualTo("order 12 #");
    assertThat(mask("4111111111111111 5555555555554444")).isEqualTo("# #");
    assertThat(mask("a 4111111111111111 b 378282246310005 c")).isEqualTo("a # b # c");
    assertThat(mask("1,4111111111111111,2")).isEqualTo("1,#,2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "4111111111111112",
        "1234567812345670",
        "9111111111111119",
        "411111111111",
        "41111111111111111111",
        "+4915112345678",
        "0.4111111111111111",
        "fa4111111111111111bcde",
        "41111111-1111-1111-aaaa-aaaaaaaaaaaa",
        "attune-41111111-1111-1111-8111-111111111111",
        "1763012345678901",
        "1 4 2 3 1 4 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 3",
        "2026-11-28T11:35:00.123456Z",
        "[masked:card_number]",
      })
  void mask_whatIsNoCardNumber_isTheSameText(String text) {
    assertThat(mask(text)).isSameAs(text);
  }

  @Test
  void mask_digitsInOnePiece_agreesWithAPlainOracle() {
    Random random = new Random(SEED);
    int cards = 0;
    for (int i = 0; i < 50_000; i++) {
      String digits = i % 2 == 0 ? digits(random, 10 + random.nextInt(14)) : card(random);
      boolean card = isCard(digits);
      cards += card ? 1 : 0;
      assertThat(mask("x " + digits + ";"))
          .as("seed %d, number %d", SEED, i)
          .isEqualTo(card ? "x #;" : "x " + digits + ";");
    }
    assertThat(cards).isGreaterThan(22_000);
  }

  @Test
  void mask_numbersCutAndHiddenInText_neverLeavesThem() {
    Random random = new Random(SEED);
    for (int i = 0; i < 20_000; i++) {
      String card = card(random);
      StringBuilder text = new StringBuilder(words(random));
      // Groups of at least three, as on a card, beside other numbers; or any, alone.
      boolean alone = random.nextBoolean();
      if (!alone && random.nextBoolean()) {
        text.append(digits(random, 1 + random.nextInt(2))).append(' ');
      }
      int at = 0;
      while (at < card.length()) {
        int left = card.length() - at;
        int group = (alone ? 1 : 3) + random.nextInt(6);
        group = group >= left || (!alone && left - group < 3) ? left : group;
        text.append(card, at, at + group);
        at += group;
        if (at < card.length()) {
          text.append(" -_\u00a0\u2013".charAt(random.nextInt(5)));
        }
      }
      text.append(words(random));
      String masked = mask(text.toString());
      assertThat(plainDigits(masked)).as("seed %d, number %d", SEED, i).doesNotContain(card);
      assertThat(masked).contains("#");
    }
  }

  // The digits right, by chance, of every tenth number; issuers have four tenths of all beginnings.
  @Test
  void falsePositives_ofRandomNumbers_areFewerThanOneInTwenty() {
    Random random = new Random(SEED);
    assertThat(shareMasked(() -> (1 + random.nextInt(9)) + digits(random, 15)))
        .isBetween(0.03, 0.05);
    assertThat(shareMasked(() -> (1 + random.nextInt(9)) + digits(random, 12)))
        .as("13 digits, such as of goods")
        .isBetween(0.005, 0.015);
  }

  @Test
  void falsePositives_ofTimesAndIds_areNone() {
    Random random = new Random(SEED);
    Supplier<Instant> time =
        () ->
            Instant.ofEpochSecond(
                random.nextLong(1_000_000_000L, 2_000_000_000L), random.nextInt(1_000_000_000));
    assertThat(shareMasked(() -> String.valueOf(time.get().toEpochMilli()))).isZero();
    assertThat(
            shareMasked(
                () ->
                    time.get().getEpochSecond()
                        + String.valueOf(1_000_000 + random.nextInt(1_000_000)).substring(1)))
        .as("microseconds")
        .isZero();
    assertThat(
            shareMasked(
                () ->
                    time.get().getEpochSecond()
                        + String.valueOf(1_000_000_000L + random.nextInt(1_000_000_000))
                            .substring(1)))
        .as("nanoseconds")
        .isZero();
    assertThat(shareMasked(() -> time.get().toString())).isZero();
    assertThat(shareMasked(() -> String.valueOf(random.nextDouble()))).isZero();
    assertThat(shareMasked(() -> "+4" + digits(random, 11 + random.nextInt(2))))
        .as("telephones")
        .isZero();
    assertThat(shareMasked(() -> new UUID(random.nextLong(), random.nextLong()).toString()))
        .as("UUIDs")
        .isZero();
    assertThat(shareMasked(() -> hex(random, 64))).as("SHA-256").isZero();
    assertThat(shareMasked(() -> hex(random, 24))).as("object ids").isZero();
  }

  private static double shareMasked(Supplier<String> numbers) {
    int masked = 0;
    int all = 100_000;
    for (int i = 0; i < all; i++) {
      String number = numbers.get();
      masked += mask(number).equals(number) ? 0 : 1;
    }
    return masked / (double) all;
  }

  private static String hex(Random random, int length) {
    return new BigInteger(4 * length, random).setBit(4 * length - 1).toString(16);
  }

  private static String words(Random random) {
    return List.of("", "my card: ", " please, ", "{\"a\":[", ";exp ", "ZZ", "ß ", "\n\n\n\n")
        .get(random.nextInt(8));
  }

  private static String plainDigits(String text) {
    return text.replaceAll("[^0-9]", "");
  }

  private static String digits(Random random, int length) {
    StringBuilder digits = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      digits.append((char) ('0' + random.nextInt(10)));
    }
    return digits.toString();
  }

  private static String card(Random random) {
    String[] kinds = {
      "4 13", "4 16", "4 19", "51 16", "55 16", "2221 16", "2720 16", "34 15", "37 15", "36 14",
      "300 14", "38 16", "6011 16", "65 19", "644 16", "62 16", "62 19", "3528 16", "3589 16",
      "5018 13", "6304 18", "6763 19", "5067 16", "60 16", "82 16", "2204 17"
    };
    String[] kind = kinds[random.nextInt(kinds.length)].split(" ", 2);
    int length = Integer.parseInt(kind[1]);
    return withCheckDigit(kind[0] + digits(random, length - 1 - kind[0].length()));
  }

  private static String withCheckDigit(String digits) {
    for (int last = 0; last < 10; last++) {
      if (luhn(digits + last)) {
        return digits + last;
      }
    }
    throw new AssertionError("one of ten is right");
  }

  // As its inventor describes it, from the right, with text.
  private static boolean luhn(String digits) {
    StringBuilder written = new StringBuilder();
    for (int i = digits.length() - 1, n = 1; i >= 0; i--, n++) {
      int digit = digits.charAt(i) - '0';
      written.append(n % 2 == 0 ? 2 * digit : digit);
    }
    return written.chars().map(c -> c - '0').sum() % 10 == 0;
  }

  private static boolean isCard(String digits) {
    int length = digits.length();
    if (length < 13 || length > 19 || !luhn(digits)) {
      return false;
    }
    Matcher issuer =
        Pattern.compile(
                switch (length) {
                  case 13 -> "(4|5018|5020|5038|5893|6304|6759|676[1-3]).*";
                  case 14 -> "(30[0-5]|3095|36|38|39|62|5018|5020|5038|5893|6304|6759|676[1-3]).*";
                  case 15 ->
                      "(34|37|30[0-5]|3095|36|38|39|62|5018|5020|5038|5893|6304|6759|676[1-3]).*";
                  case 16 ->
                      "(4|5[0-8]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720|30[0-5]|3095|36|38|39|35(2[89]|[3-8])"
                          + "|6[02357]|64[4-9]|81|82|220[0-4]|8600|9792|9860).*";
                  case 17 ->
                      "(50|5[678]|30[0-5]|3095|36|38|39|35(2[89]|[3-8])|6011|6[2357]|64[4-9]|81[0-6]"
                          + "|817[01]|220[0-4]).*";
                  default ->
                      "(4|50|5[678]|30[0-5]|3095|36|38|39|35(2[89]|[3-8])|6011|6[2357]|64[4-9]|81[0-6]"
                          + "|817[01]|220[0-4]).*";
                })
            .matcher(digits);
    return issuer.matches();
  }
}
