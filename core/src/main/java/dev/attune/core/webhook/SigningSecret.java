package dev.attune.core.webhook;

import dev.attune.core.definition.Yaml;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Something that a webhook's deliveries are signed with. Each one that is in use gives a signature
 * of its own, and a subscriber accepts a delivery when one of them fits: so secrets are replaced
 * while deliveries go on.
 *
 * @param reference where it is
 * @param until it is not used any more from then on; {@link Instant#MAX} when it has no end
 */
public record SigningSecret(Scheme scheme, SecretReference reference, Instant until) {
  /** A kind of signature of Standard Webhooks. */
  public enum Scheme {
    /** {@code v1}: both sides have the secret, {@code whsec_} and the base64 of 24 to 64 bytes. */
    HMAC_SHA256,
    /**
     * {@code v1a}: the subscriber has the public key alone. The secret is {@code whsk_} and the
     * base64 of the 32 bytes of an Ed25519 private key (RFC 8032), or of those and the 32 bytes of
     * its public key.
     */
    ED25519;

    /** As Standard Webhooks calls it. */
    public String label() {
      return switch (this) {
        case HMAC_SHA256 -> "v1";
        case ED25519 -> "v1a";
      };
    }
  }

  /** One without an end. */
  public SigningSecret(Scheme scheme, SecretReference reference) {
    this(scheme, reference, Instant.MAX);
  }

  /** Whether deliveries are signed with it at this time. */
  public boolean isUsedAt(Instant now) {
    return now.isBefore(until);
  }

  /**
   * Reads {@code secret}, {@code signing_key} and {@code previous} of a webhook: the present ones
   * first.
   *
   * @throws dev.attune.core.definition.DefinitionException that says where and what is wrong
   */
  static List<SigningSecret> parse(Yaml webhook) {
    List<SigningSecret> secrets = new ArrayList<>();
    webhook
        .find("secret")
        .map(secret -> reference(webhook, secret))
        .ifPresent(r -> secrets.add(new SigningSecret(Scheme.HMAC_SHA256, r, Instant.MAX)));
    webhook
        .find("signing_key")
        .map(secret -> reference(webhook, secret))
        .ifPresent(r -> secrets.add(new SigningSecret(Scheme.ED25519, r, Instant.MAX)));
    if (secrets.isEmpty()) {
      throw webhook.error(
          "a webhook is signed: it needs \"secret\" (v1), \"signing_key\" (v1a) or both");
    }
    if (webhook.has("previous")) {
      Yaml previous = webhook.get("previous").keys("until", "secret", "signing_key");
      List<SigningSecret> before = parse(previous, previous.get("until").instant());
      if (before.isEmpty()) {
        throw previous.error("expected \"secret\", \"signing_key\" or both beside \"until\"");
      }
      for (SigningSecret secret : before) {
        if (secrets.stream().anyMatch(now -> now.reference.equals(secret.reference))) {
          throw previous.error("the previous secret is where the present one is");
        }
      }
      secrets.addAll(before);
    }
    return List.copyOf(secrets);
  }

  /** Which of a webhook's secrets Attune generates, as its definition says. */
  public static Set<Scheme> generated(Yaml webhook) {
    return parse(webhook).stream()
        .filter(secret -> secret.reference instanceof SecretReference.Generated)
        .map(SigningSecret::scheme)
        .collect(Collectors.toCollection(() -> EnumSet.noneOf(Scheme.class)));
  }

  private static SecretReference reference(Yaml webhook, Yaml secret) {
    if (!secret.isMapping() || !secret.has("generated")) {
      return SecretReference.parse(secret);
    }
    if (!secret.keys("generated").get("generated").bool()) {
      throw secret.error("the secret is in no place (allowed: generated: true)");
    }
    return new SecretReference.Generated(webhook.get("name").name());
  }

  private static List<SigningSecret> parse(Yaml yaml, Instant until) {
    List<SigningSecret> secrets = new ArrayList<>();
    yaml.find("secret")
        .map(SecretReference::parse)
        .ifPresent(r -> secrets.add(new SigningSecret(Scheme.HMAC_SHA256, r, until)));
    yaml.find("signing_key")
        .map(SecretReference::parse)
        .ifPresent(r -> secrets.add(new SigningSecret(Scheme.ED25519, r, until)));
    return secrets;
  }
}
