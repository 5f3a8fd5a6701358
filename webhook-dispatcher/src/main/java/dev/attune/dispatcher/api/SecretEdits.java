package dev.attune.dispatcher.api;

import dev.attune.core.definition.Definitions;
import dev.attune.core.definition.Yaml;
import dev.attune.core.webhook.SealedSecret;
import dev.attune.core.webhook.SigningSecret;
import dev.attune.core.webhook.SigningSecret.Scheme;
import dev.attune.dispatcher.send.Ed25519Key;
import dev.attune.dispatcher.send.SealingKeys;
import dev.attune.platform.http.HttpProblem;
import dev.attune.proto.v1.Definition;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Generates the secrets of webhooks whose definitions say {@code {generated: true}}. What comes out
 * is sealed, but for what is shown once to who asked.
 */
final class SecretEdits {
  /** Most secrets of one scheme that a webhook's deliveries are signed with. */
  static final int USED_MAX = 3;

  private static final int LENGTH = 32;

  private final SealingKeys keys;
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();

  SecretEdits(SealingKeys keys, InstantSource clock) {
    this.keys = keys;
    this.clock = clock;
  }

  /**
   * What a subscriber gets.
   *
   * @param shown of v1 the secret, {@code whsec_...}; of v1a the public key, {@code whpk_...}
   */
  record Shown(Scheme scheme, String shown) {
    // It must not come into a log with the record.
    @Override
    public String toString() {
      return "Shown[" + scheme + "]";
    }
  }

  /**
   * The record to be kept, and what is shown of it.
   *
   * @param record under {@link #key}
   */
  record Generated(Definition record, List<Shown> shown) {}

  /** {@code kind/id} of the record of a webhook. */
  static String key(String webhook) {
    return Definitions.WEBHOOK_SECRET + "/" + webhook;
  }

  /** Which secrets of a webhook are to be generated and were not yet. */
  Set<Scheme> missing(Map<String, Definition> stored, Definition webhook) {
    Set<Scheme> missing = schemes(webhook);
    known(stored, webhook.getId()).stream()
        .filter(secret -> secret.until().equals(Instant.MAX))
        .forEach(secret -> missing.remove(secret.scheme()));
    return missing;
  }

  /** Which secrets of a webhook are generated ones. */
  static Set<Scheme> schemes(Definition webhook) {
    return SigningSecret.generated(Yaml.parse(webhook.getPath(), webhook.getYaml()));
  }

  /**
   * Generates a secret of each scheme; those before are used for a while longer.
   *
   * @throws HttpProblem when there is no key to seal them with, or too many are in use
   */
  Generated generate(
      Map<String, Definition> stored,
      long version,
      String webhook,
      Set<Scheme> schemes,
      Duration overlap) {
    if (!keys.canSeal()) {
      throw new HttpProblem(
          409,
          "no_sealing_key",
          "no secret is generated without a key to keep it with: set "
              + SealingKeys.VARIABLE
              + " to ID:BASE64 of 32 random bytes, or "
              + SealingKeys.FILE_VARIABLE
              + " to a file that holds it, in every process that dispatches");
    }
    Instant now = clock.instant().truncatedTo(ChronoUnit.MICROS);
    List<SealedSecret> secrets = new ArrayList<>();
    List<Shown> shown = new ArrayList<>();
    for (Scheme scheme : schemes) {
      byte[] secret = new byte[LENGTH];
      random.nextBytes(secret);
      secrets.add(keys.seal(webhook, scheme, secret, now));
      shown.add(new Shown(scheme, shown(scheme, secret)));
    }
    for (SealedSecret before : known(stored, webhook)) {
      SealedSecret left =
          schemes.contains(before.scheme()) ? before.endedAt(now.plus(overlap)) : before;
      if (left.isUsedAt(now)) {
        secrets.add(left);
      }
    }
    for (Scheme scheme : schemes) {
      if (secrets.stream().filter(secret -> secret.scheme() == scheme).count() > USED_MAX) {
        throw new HttpProblem(
            409,
            "too_many_secrets",
            "the webhook has "
                + USED_MAX
                + " secrets in use already: wait for the end of one, or rotate with an overlap of"
                + " 0s");
      }
    }
    Definition record =
        Definition.newBuilder()
            .setKind(Definitions.WEBHOOK_SECRET)
            .setId(webhook)
            .setVersion(version)
            .setPath(key(webhook))
            .setYaml(SealedSecret.yaml(secrets))
            .build();
    return new Generated(record, List.copyOf(shown));
  }

  private static List<SealedSecret> known(Map<String, Definition> stored, String webhook) {
    Definition record = stored.get(key(webhook));
    return record == null
        ? List.of()
        : SealedSecret.parse(Yaml.parse(record.getPath(), record.getYaml()));
  }

  private static String shown(Scheme scheme, byte[] secret) {
    return switch (scheme) {
      case HMAC_SHA256 -> "whsec_" + Base64.getEncoder().encodeToString(secret);
      case ED25519 ->
          "whpk_" + Base64.getEncoder().encodeToString(Ed25519Key.of(secret).publicKey());
    };
  }
}
