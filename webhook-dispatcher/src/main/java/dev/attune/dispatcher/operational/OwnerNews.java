package dev.attune.dispatcher.operational;

import dev.attune.core.webhook.OperationalEvents;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.core.webhook.WebhookState;
import dev.attune.dispatcher.delivery.Disablings;
import dev.attune.dispatcher.render.OperationalRenderer;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSends;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.Delivery;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts deliveries about Attune itself into the queues of the webhooks that want them. Whoever is
 * disabled is told of the others once it is resumed, and never of itself.
 */
public final class OwnerNews implements Disablings, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OwnerNews.class);

  private final DefinitionsSource definitions;
  private final KafkaSettings settings;
  private Optional<Producer<byte[], byte[]>> producer = Optional.empty();

  /** Performs no I/O before there is something to tell. */
  public OwnerNews(DefinitionsSource definitions, KafkaSettings settings) {
    this.definitions = definitions;
    this.settings = settings;
  }

  @Override
  public void disabled(String webhook, WebhookState state) {
    for (WebhookDefinition subscriber : definitions.current().webhooks().values()) {
      if (!subscriber.name().equals(webhook)
          && subscriber.operational().contains(OperationalEvents.WEBHOOK_DISABLED)) {
        put(OperationalRenderer.disabled(subscriber, webhook, state));
      }
    }
  }

  private void put(Delivery delivery) {
    String key = delivery.getWebhook() + "/" + delivery.getProfileId();
    KafkaSends.send(
            producer(),
            new ProducerRecord<>(
                settings.topics().deliveries(),
                key.getBytes(StandardCharsets.UTF_8),
                delivery.toByteArray()))
        .whenComplete(
            (_, error) -> {
              if (error != null) {
                // The state says it, and so does the log.
                LOG.error(
                    "webhook {} could not be told of {}",
                    delivery.getWebhook(),
                    delivery.getType(),
                    error);
              }
            });
  }

  private synchronized Producer<byte[], byte[]> producer() {
    if (producer.isEmpty()) {
      producer = Optional.of(KafkaClients.producer(settings, "attune-operational-events"));
    }
    return producer.get();
  }

  @Override
  public synchronized void close() {
    producer.ifPresent(open -> open.close(Duration.ofSeconds(2)));
    producer = Optional.empty();
  }
}
