package dev.attune.dispatcher.send;

import dev.attune.core.webhook.SealedSecret;
import dev.attune.core.webhook.SecretReference;
import dev.attune.core.webhook.SigningSecret;
import dev.attune.platform.definition.DefinitionsSource;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;

/** Secrets that were generated, from beside the definitions, and others from elsewhere. */
public final class GeneratedSecrets implements Secrets {
  // Of secrets that are replaced nothing is asked any more.
  private static final int OPENED_MAX = 10_000;

  private final Secrets others;
  private final DefinitionsSource definitions;
  private final SealingKeys keys;
  private final ConcurrentHashMap<SealedSecret, SigningKey> opened = new ConcurrentHashMap<>();

  /**
   * @param others knows what is not generated
   */
  public GeneratedSecrets(Secrets others, DefinitionsSource definitions, SealingKeys keys) {
    this.others = others;
    this.definitions = definitions;
    this.keys = keys;
  }

  @Override
  public SigningKey key(SigningSecret secret) throws SecretException {
    return others.key(secret);
  }

  @Override
  public List<SigningKey> keys(SigningSecret secret, Instant now) throws SecretException {
    if (!(secret.reference() instanceof SecretReference.Generated(String webhook))) {
      return others.keys(secret, now);
    }
    List<SigningKey> used = new ArrayList<>();
    for (SealedSecret sealed :
        definitions.current().sealedSecrets().getOrDefault(webhook, List.of())) {
      if (sealed.scheme() == secret.scheme() && sealed.isUsedAt(now)) {
        used.add(open(webhook, sealed));
      }
    }
    if (used.isEmpty()) {
      throw new SecretException(
          "no secret ("
              + secret.scheme().label()
              + ") was generated yet: ./attune webhooks rotate-secret "
              + webhook);
    }
    return used;
  }

  private SigningKey open(String webhook, SealedSecret sealed) throws SecretException {
    SigningKey known = opened.get(sealed);
    if (known != null) {
      return known;
    }
    byte[] secret = keys.open(webhook, sealed);
    SigningKey key =
        switch (sealed.scheme()) {
          case HMAC_SHA256 -> HmacKey.of(secret);
          case ED25519 -> Ed25519Key.of(secret);
        };
    if (opened.size() >= OPENED_MAX) {
      opened.clear();
    }
    opened.put(sealed, key);
    return key;
  }
}
