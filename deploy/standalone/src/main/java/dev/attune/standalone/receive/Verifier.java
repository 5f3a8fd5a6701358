package dev.attune.standalone.receive;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tells whether a request is a genuine webhook, and of one that is not what does not fit. */
public final class Verifier {
  private static final Duration TOLERANCE = Duration.ofMinutes(5);
  private static final int SIGNATURES_MAX = 20;

  private final List<VerifyingKey> keys;
  private final InstantSource clock;

  /**
   * A verifier.
   *
   * @param keys a request is genuine when one of its signatures fits one of them
   */
  Verifier(List<VerifyingKey> keys, InstantSource clock) {
    this.keys = List.copyOf(keys);
    this.clock = clock;
  }

  /**
   * One that has a secret of {@code v1}.
   *
   * @param secret {@code whsec_} and base64
   */
  public static Verifier ofSecret(String secret, InstantSource clock) {
    byte[] key = Base64.getDecoder().decode(secret.substring(VerifyingKey.SECRET.length()));
    return new Verifier(List.of(new VerifyingKey.Shared("secret", key)), clock);
  }

  /**
   * What was found.
   *
   * @param fits what was as it should be, a sentence each
   * @param mistakes what was not, a sentence each; none when the request is genuine
   */
  public record Verdict(List<String> fits, List<String> mistakes) {
    public Verdict {
      fits = List.copyOf(fits);
      mistakes = List.copyOf(mistakes);
    }

    /** Whether it is to be believed. */
    public boolean isGenuine() {
      return mistakes.isEmpty();
    }
  }

  /** Looks at everything, also after the first mistake. */
  public Verdict verify(RequestHeaders headers, byte[] body) {
    List<String> fits = new ArrayList<>();
    List<String> mistakes = new ArrayList<>();
    Optional<String> id = one(headers, "webhook-id", mistakes);
    Optional<String> timestamp = one(headers, "webhook-timestamp", mistakes);
    Optional<String> signatures = one(headers, "webhook-signature", mistakes);
    id.ifPresent(text -> id(text, fits, mistakes));
    timestamp.ifPresent(text -> timestamp(text, fits, mistakes));
    if (id.isPresent() && timestamp.isPresent() && signatures.isPresent()) {
      signatures(id.get(), timestamp.get(), signatures.get(), body, fits, mistakes);
    }
    return new Verdict(fits, mistakes);
  }

  private static Optional<String> one(RequestHeaders headers, String name, List<String> mistakes) {
    List<String> values = headers.all(name);
    if (values.size() == 1 && !values.getFirst().isEmpty()) {
      return Optional.of(values.getFirst());
    }
    mistakes.add(
        values.size() > 1
            ? name + " stands there " + values.size() + " times: one was expected"
            : name + " is not there");
    return Optional.empty();
  }

  private static void id(String id, List<String> fits, List<String> mistakes) {
    if (id.indexOf('.') >= 0) {
      mistakes.add("webhook-id has a dot: what is signed is split at dots, so that no id has one");
    } else {
      fits.add("webhook-id: " + Shown.text(id));
    }
  }

  private void timestamp(String text, List<String> fits, List<String> mistakes) {
    if (!text.matches("\\d{1,12}")) {
      mistakes.add("webhook-timestamp is no number of seconds since 1970");
      return;
    }
    Instant at = Instant.ofEpochSecond(Long.parseLong(text));
    Duration age = Duration.between(at, clock.instant());
    String when =
        "webhook-timestamp: "
            + at
            + ", "
            + age.abs().toSeconds()
            + " s "
            + (age.isNegative() ? "in the future" : "ago");
    if (age.abs().compareTo(TOLERANCE) > 0) {
      mistakes.add(when + ": more than " + TOLERANCE.toSeconds() + " s off");
    } else {
      fits.add(when);
    }
  }

  private void signatures(
      String id,
      String timestamp,
      String signatures,
      byte[] body,
      List<String> fits,
      List<String> mistakes) {
    byte[] signed = signed(id, timestamp, body);
    List<String> misses = new ArrayList<>();
    List<Part> parts = new ArrayList<>();
    boolean fitting = false;
    String[] all = signatures.split(" +", -1);
    for (int i = 0; i < all.length && i < SIGNATURES_MAX; i++) {
      Part part = Part.parse(all[i]);
      String which = all.length == 1 ? "the signature" : "signature " + (i + 1);
      if (part == null) {
        misses.add(which + " is no scheme, comma and base64");
        continue;
      }
      parts.add(part);
      Optional<VerifyingKey> key = fitting(signed, part);
      if (key.isPresent()) {
        fitting = true;
        fits.add(which + " (" + part.scheme + ") fits the " + key.get().from());
      } else {
        misses.add(which + " " + miss(part));
      }
    }
    if (!fitting) {
      mistakes.addAll(misses);
      mistakes.add(guess(id, timestamp, body, parts));
    } else {
      // While a secret is replaced the other one's signature fits nothing here, and need not.
      misses.forEach(miss -> fits.add(miss + ": one that fits is enough"));
    }
  }

  private String miss(Part part) {
    List<String> asked =
        keys.stream()
            .filter(key -> key.scheme().equals(part.scheme))
            .map(VerifyingKey::from)
            .toList();
    String scheme = "(" + Shown.text(part.scheme) + ")";
    return asked.isEmpty()
        ? scheme + " cannot be verified: no key for " + Shown.text(part.scheme) + " was given"
        : scheme + " does not fit the " + String.join(", nor the ", asked);
  }

  private Optional<VerifyingKey> fitting(byte[] signed, Part part) {
    return keys.stream()
        .filter(key -> key.scheme().equals(part.scheme) && key.fits(signed, part.signature))
        .findFirst();
  }

  // Nobody can tell from a signature which of what was signed is another. What people do wrong most
  // is tried.
  private String guess(String id, String timestamp, byte[] body, List<Part> parts) {
    if (isFitting(parts, id, timestamp, withoutLastBreak(body))) {
      return "without the line break at its end the body fits: it was added after the signing";
    }
    if (isFitting(parts, id, timestamp, lineFeedsOnly(body))) {
      return "with \\n for \\r\\n the body fits: its line breaks were changed after the signing";
    }
    byte[] signed = signed(id, timestamp, body);
    for (VerifyingKey key : keys) {
      if (key instanceof VerifyingKey.Shared shared
          && parts.stream()
              .anyMatch(
                  p -> p.scheme.equals("v1") && shared.notDecoded().fits(signed, p.signature))) {
        return "the sender took the text of the "
            + key.from()
            + " for the key: the key is what its base64, behind whsec_, stands for";
      }
    }
    return "so it was signed with another secret, or the id, the timestamp or a byte of the body is"
        + " not what was signed";
  }

  private boolean isFitting(List<Part> parts, String id, String timestamp, byte[] body) {
    byte[] signed = signed(id, timestamp, body);
    return parts.stream().anyMatch(part -> fitting(signed, part).isPresent());
  }

  private static byte[] withoutLastBreak(byte[] body) {
    int length = body.length;
    while (length > 0 && (body[length - 1] == '\n' || body[length - 1] == '\r')) {
      length--;
    }
    return Arrays.copyOf(body, length);
  }

  private static byte[] lineFeedsOnly(byte[] body) {
    var out = new ByteArrayOutputStream(body.length);
    for (int i = 0; i < body.length; i++) {
      if (body[i] != '\r' || i + 1 == body.length || body[i + 1] != '\n') {
        out.write(body[i]);
      }
    }
    return out.toByteArray();
  }

  private static byte[] signed(String id, String timestamp, byte[] body) {
    byte[] head = (id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8);
    byte[] signed = Arrays.copyOf(head, head.length + body.length);
    System.arraycopy(body, 0, signed, head.length, body.length);
    return signed;
  }

  private static final class Part {
    private final String scheme;
    private final byte[] signature;

    private Part(String scheme, byte[] signature) {
      this.scheme = scheme;
      this.signature = signature;
    }

    static @Nullable Part parse(String text) {
      int comma = text.indexOf(',');
      if (comma <= 0) {
        return null;
      }
      try {
        return new Part(
            text.substring(0, comma), Base64.getDecoder().decode(text.substring(comma + 1)));
      } catch (IllegalArgumentException e) {
        return null;
      }
    }
  }
}
