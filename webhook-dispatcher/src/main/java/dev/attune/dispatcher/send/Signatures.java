package dev.attune.dispatcher.send;

import com.google.protobuf.ByteString;
import dev.attune.core.webhook.SigningSecret;
import dev.attune.core.webhook.WebhookDefinition;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a webhook's deliveries are signed with at a time: with every secret that is in use then. If
 * one of them cannot be read nothing is signed, because those who only have that one would refuse
 * what is sent.
 */
public final class Signatures {
  private final Secrets secrets;

  public Signatures(Secrets secrets) {
    this.secrets = secrets;
  }

  /** The value of {@code webhook-signature}: one signature a secret, with spaces between them. */
  String header(WebhookDefinition webhook, String webhookId, Instant now, ByteString body)
      throws Secrets.SecretException {
    return keys(webhook, now).stream()
        .map(key -> key.sign(webhookId, now.getEpochSecond(), body))
        .collect(Collectors.joining(" "));
  }

  /**
   * The keys of {@code v1a}, the present one first; none when it is not in use.
   *
   * @throws Secrets.SecretException when one of them cannot be used
   */
  public List<Ed25519Key> ed25519(WebhookDefinition webhook, Instant now)
      throws Secrets.SecretException {
    List<Ed25519Key> keys = new ArrayList<>();
    for (SigningSecret secret : webhook.signing()) {
      if (secret.scheme() == SigningSecret.Scheme.ED25519 && secret.isUsedAt(now)) {
        for (SigningKey key : secrets.keys(secret, now)) {
          if (key instanceof Ed25519Key ed25519) {
            keys.add(ed25519);
          }
        }
      }
    }
    return keys;
  }

  /** Why nothing can be signed; empty when everything is well. */
  public Optional<String> problem(WebhookDefinition webhook, Instant now) {
    try {
      var _ = keys(webhook, now);
      return Optional.empty();
    } catch (Secrets.SecretException e) {
      return Optional.of(e.why());
    }
  }

  private List<SigningKey> keys(WebhookDefinition webhook, Instant now)
      throws Secrets.SecretException {
    List<SigningKey> keys = new ArrayList<>();
    for (SigningSecret secret : webhook.signing()) {
      if (secret.isUsedAt(now)) {
        keys.addAll(secrets.keys(secret, now));
      }
    }
    return keys;
  }
}
