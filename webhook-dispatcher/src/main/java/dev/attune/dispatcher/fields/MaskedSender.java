package dev.attune.dispatcher.fields;

import com.google.protobuf.ByteString;
import dev.attune.core.webhook.FieldRules;
import dev.attune.core.webhook.SecretReference;
import dev.attune.core.webhook.SigningSecret;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.send.HmacKey;
import dev.attune.dispatcher.send.Outcome;
import dev.attune.dispatcher.send.Secrets;
import dev.attune.dispatcher.send.Sender;
import dev.attune.proto.v1.Delivery;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * Applies a webhook's field rules at every attempt, as they are then. Without the key that they
 * need nothing is sent.
 */
public final class MaskedSender implements Sender {
  private final Sender sender;
  private final Secrets secrets;

  public MaskedSender(Sender sender, Secrets secrets) {
    this.sender = sender;
    this.secrets = secrets;
  }

  @Override
  public CompletionStage<Outcome> send(WebhookDefinition webhook, Delivery delivery) {
    FieldRules rules = webhook.fields();
    if (rules.isEmpty()) {
      return sender.send(webhook, delivery);
    }
    HmacKey key;
    try {
      key = key(rules);
    } catch (Secrets.SecretException e) {
      return CompletableFuture.completedStage(new Outcome.NotSent(e.why()));
    }
    ByteString masked;
    try {
      masked = new FieldMask(rules, key).apply(delivery.getBody());
    } catch (RuntimeException e) {
      // Every body is JSON; one that were not could hold anything, and would not get better.
      return CompletableFuture.completedStage(
          new Outcome.Unsendable("the body does not parse, so that its fields cannot be masked"));
    }
    return sender.send(webhook, delivery.toBuilder().setBody(masked).build());
  }

  private @Nullable HmacKey key(FieldRules rules) throws Secrets.SecretException {
    if (rules.key().isEmpty()) {
      return null;
    }
    SecretReference reference = rules.key().get();
    return (HmacKey) secrets.key(new SigningSecret(SigningSecret.Scheme.HMAC_SHA256, reference));
  }

  @Override
  public void close() {
    sender.close();
  }
}
