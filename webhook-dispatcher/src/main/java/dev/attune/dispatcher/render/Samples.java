package dev.attune.dispatcher.render;

import com.google.protobuf.ByteString;
import dev.attune.core.audience.AudienceDefinition;
import dev.attune.core.definition.Definitions;
import dev.attune.core.view.ViewDefinition;
import dev.attune.core.webhook.OperationalEvents;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.core.webhook.WebhookState;
import dev.attune.dispatcher.clock.Clocks;
import dev.attune.dispatcher.form.Forms;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Transition;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.proto.v1.ValueObject;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Deliveries as a webhook gets them, about nobody, for whoever wants to try an endpoint. */
public final class Samples {
  /** Whom they are about, as profile id, value of an identifier and id of an event. */
  public static final String NOBODY = "attune-test";

  private Samples() {}

  /** One of each type that the webhook wants, each with an id of its own. */
  public static List<Delivery> of(
      WebhookDefinition webhook, Definitions definitions, InstantSource clock) {
    long now = Clocks.micros(clock);
    List<Delivery> samples = new ArrayList<>();
    audience(webhook, definitions)
        .ifPresent(
            audience -> {
              for (boolean entered : new boolean[] {true, false}) {
                Transition transition =
                    Transition.newBuilder()
                        .setProfileId(NOBODY)
                        .setAudience(audience)
                        .setEntered(entered)
                        .setAtMicros(now)
                        .setReason(Transition.Reason.CHANGE)
                        .setDefinitionVersion(definitions.version())
                        .build();
                samples.add(
                    sample(
                        webhook,
                        definitions,
                        Payload.type(transition),
                        Payload.of(transition),
                        now));
              }
            });
    webhook.events().names().stream()
        .sorted()
        .findFirst()
        .ifPresent(
            name -> {
              Event event = event(name, now);
              samples.add(
                  sample(webhook, definitions, Payload.EVENT, Payload.of(event), now).toBuilder()
                      .setAbout(event.getVia())
                      .build());
            });
    if (!webhook.traits().isEmpty()) {
      ProfileRecord record =
          ProfileRecord.newBuilder().setProfileId(NOBODY).setVersion(now).build();
      ProfileState state = ProfileState.of("", webhook.traits(), Map.of());
      samples.add(sample(webhook, definitions, Payload.CHANGED, Payload.of(record, state), now));
    }
    if (webhook.operational().contains(OperationalEvents.WEBHOOK_DISABLED)) {
      WebhookState state =
          WebhookState.INITIAL.disabled("this is a test: nothing has happened", clock.instant());
      samples.add(
          OperationalRenderer.delivery(webhook, id(), NOBODY, state)
              .setProfileId(NOBODY)
              .setTest(true)
              .build());
    }
    return samples;
  }

  // One that the webhook names, or the first that it wants; empty when it wants none that is there.
  private static Optional<String> audience(WebhookDefinition webhook, Definitions definitions) {
    return definitions.audiences().values().stream()
        .filter(audience -> webhook.transitions().wants(audience.name(), audience.tags()))
        .map(AudienceDefinition::name)
        .sorted()
        .findFirst();
  }

  private static Event event(String name, long now) {
    return Event.newBuilder()
        .setEventId(NOBODY)
        .setName(name)
        .setOccurredAtMicros(now)
        .setReceivedAtMicros(now)
        .setVia(Identifier.newBuilder().setNamespace("user_id").setValue(NOBODY))
        .setProperties(
            Value.newBuilder()
                .setObject(
                    ValueObject.newBuilder()
                        .addEntries(
                            ValueEntry.newBuilder()
                                .setKey("sample")
                                .setValue(Value.newBuilder().setBoolean(true)))))
        .build();
  }

  private static String id() {
    return "msg_" + UUID.randomUUID();
  }

  private static Delivery sample(
      WebhookDefinition webhook,
      Definitions definitions,
      String type,
      ByteString document,
      long now) {
    ViewDefinition view = definitions.views().get(webhook.payload().viewName());
    ByteString body =
        view == null ? document : Payload.withView(document, view, Optional.empty(), now);
    return Delivery.newBuilder()
        .setWebhook(webhook.name())
        .setProfileId(NOBODY)
        .setWebhookId(id())
        .setBody(body)
        .setForm(Forms.text(webhook.payload()))
        .setCausedAtMicros(now)
        .setType(type)
        .setTest(true)
        .build();
  }
}
