package dev.attune.dispatcher.render;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.audience.AudienceDefinition;
import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.Served;
import dev.attune.core.view.ViewDefinition;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.clock.Clocks;
import dev.attune.dispatcher.form.Forms;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.MembershipState;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Transition;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Renders what is true of somebody now, where a webhook was told something about the same subject
 * before: whether the person is in an audience, or the traits that the webhook wants.
 *
 * <p>Of a membership there are two witnesses, the last transition that was rendered and the stored
 * profile, and either may be behind the other. Whichever has the greater (generation, version)
 * counts; why and by which events somebody entered or left only the transition says.
 */
public final class CurrentRenderer {
  private static final Comparator<Transition> ORDER =
      Comparator.comparingLong(Transition::getGeneration).thenComparingLong(Transition::getVersion);

  private final Definitions definitions;
  private final WebhookDefinition webhook;
  private final InstantSource clock;

  /** For a webhook as the definitions have it now. */
  public CurrentRenderer(Definitions definitions, WebhookDefinition webhook, InstantSource clock) {
    this.definitions = definitions;
    this.webhook = webhook;
    this.clock = clock;
  }

  /** What is to be sent, or why nothing is. */
  public sealed interface Current {
    /** This is so now. */
    record Told(Delivery delivery) implements Current {}

    /** There is nothing to be told. */
    enum Passed implements Current {
      /** Nothing is stored of the person (any more). */
      ERASED,
      /** The profile was merged into another one. */
      MERGED,
      /** The webhook wants to know of it no more. */
      UNWANTED,
      /** The stored profile does not parse; another part of Attune complains. */
      UNREADABLE
    }
  }

  /**
   * What a delivery says something about: one person has at most one state of it. Empty of events,
   * which happened and have no now.
   */
  public static Optional<String> subject(Delivery delivery) {
    return switch (delivery.getType()) {
      case Payload.CHANGED -> Optional.of(StateRenderer.SUBJECT);
      case Payload.ENTERED, Payload.EXITED ->
          Optional.of(Payload.AUDIENCE + data(delivery).path("audience").asText());
      default -> Optional.empty();
    };
  }

  /** What a delivery says of its subject: the same of what makes no difference. */
  public static ByteString said(Delivery delivery) {
    return delivery.getState().isEmpty()
        ? ByteString.copyFromUtf8(delivery.getType())
        : delivery.getState();
  }

  /**
   * What is true now of the subject of a delivery.
   *
   * @param newest that was rendered about the subject
   * @param stored of its profile; empty when there is none
   */
  public Current render(Delivery newest, Optional<ProfileRecord> stored) {
    if (stored.isEmpty()) {
      return Current.Passed.ERASED;
    }
    ProfileRecord record = stored.get();
    if (record.hasRedirectTo()) {
      return Current.Passed.MERGED;
    }
    if (!record.hasLive()) {
      return Current.Passed.ERASED;
    }
    return newest.getType().equals(Payload.CHANGED) ? state(record) : membership(newest, record);
  }

  private Current state(ProfileRecord record) {
    if (webhook.traits().isEmpty()) {
      return Current.Passed.UNWANTED;
    }
    ProfileState state;
    try {
      state = ProfileState.of("", webhook.traits(), StateRenderer.traits(record));
    } catch (StateRenderer.UnreadableRecordException e) {
      return Current.Passed.UNREADABLE;
    }
    return told(
        record,
        Delivery.newBuilder()
            .setProfileId(record.getProfileId())
            .setBody(Payload.of(record, state))
            .setCausedAtMicros(record.getVersion())
            .setType(Payload.CHANGED)
            .setSubject(StateRenderer.SUBJECT)
            .setState(state.digest()));
  }

  private Current membership(Delivery newest, ProfileRecord record) {
    Transition last = transition(newest);
    String audience = last.getAudience();
    AudienceDefinition defined = definitions.audiences().get(audience);
    if (!webhook.transitions().wants(audience, defined == null ? Set.of() : defined.tags())) {
      return Current.Passed.UNWANTED;
    }
    Optional<Transition> stored;
    try {
      stored =
          Facts.parseFrom(record.getLive().getFacts()).getMembershipsList().stream()
              .filter(state -> state.getAudience().equals(audience))
              .findFirst()
              .map(state -> transition(state, record))
              .filter(state -> ORDER.compare(state, last) > 0);
    } catch (InvalidProtocolBufferException e) {
      return Current.Passed.UNREADABLE;
    }
    Transition current = stored.map(newer -> after(last, newer)).orElse(last);
    if (current.getEntered()
        && current.getValidUntilMicros() != 0
        && current.getValidUntilMicros() <= Clocks.micros(clock)) {
      // As whoever looks the person up is answered; the evaluator is about to say so.
      current =
          current.toBuilder()
              .setEntered(false)
              .setAtMicros(current.getValidUntilMicros())
              .setReason(Transition.Reason.TIME)
              .build();
    }
    return told(
        record,
        Delivery.newBuilder()
            .setProfileId(record.getProfileId())
            .setBody(body(current))
            .setCausedAtMicros(current.getAtMicros())
            .setType(Payload.type(current))
            .setSubject(webhook.latest() ? Payload.AUDIENCE + audience : "")
            .setGeneration(current.getGeneration())
            .setVersion(current.getVersion()));
  }

  private static ByteString body(Transition current) {
    return current.getReason() == Transition.Reason.REASON_UNSPECIFIED
        ? Payload.ofNow(current)
        : Payload.of(current);
  }

  private Current told(ProfileRecord record, Delivery.Builder delivery) {
    ViewDefinition view = definitions.views().get(webhook.payload().viewName());
    if (view != null) {
      try {
        Profile profile =
            Profile.parseFrom(new Served(record.getLive().getServed()).profileBytes());
        delivery.setBody(
            Payload.withView(delivery.getBody(), view, Optional.of(profile), Clocks.micros(clock)));
      } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
        return Current.Passed.UNREADABLE;
      }
    }
    String form = Forms.text(webhook.payload());
    return new Current.Told(
        delivery
            .setWebhook(webhook.name())
            .setWebhookId(
                WebhookId.ofNow(webhook.name(), delivery.getProfileId(), delivery.getBody(), form))
            .setForm(form)
            .setUnordered(!webhook.ordered())
            .build());
  }

  private Transition transition(MembershipState state, ProfileRecord record) {
    return Transition.newBuilder()
        .setProfileId(record.getProfileId())
        .setAudience(state.getAudience())
        .setEntered(state.getMember())
        // When somebody left is not stored; versions are the clock of who wrote it.
        .setAtMicros(state.getMember() ? state.getEnteredAtMicros() : record.getVersion())
        .setValidUntilMicros(state.getValidUntilMicros())
        .setCompleteFromMicros(state.getCompleteFromMicros())
        .setGeneration(state.getGeneration())
        .setVersion(state.getVersion())
        .setDefinitionVersion(
            definitions.versions().getOrDefault("audience/" + state.getAudience(), 0L))
        .build();
  }

  // Still so, and said again since: with another end, perhaps.
  private static Transition after(Transition last, Transition newer) {
    return last.getEntered() == newer.getEntered()
        ? last.toBuilder()
            .setValidUntilMicros(newer.getValidUntilMicros())
            .setCompleteFromMicros(newer.getCompleteFromMicros())
            .setGeneration(newer.getGeneration())
            .setVersion(newer.getVersion())
            .build()
        : newer;
  }

  /** What a delivery was rendered from, as far as its document says it. */
  private static Transition transition(Delivery delivery) {
    JsonNode data = data(delivery);
    Transition.Builder transition =
        Transition.newBuilder()
            .setProfileId(delivery.getProfileId())
            .setAudience(data.path("audience").asText())
            .setEntered(delivery.getType().equals(Payload.ENTERED))
            .setAtMicros(delivery.getCausedAtMicros())
            .setReason(reason(data.path("reason").asText()))
            .setDefinitionVersion(data.path("definition_version").asLong())
            .setGeneration(delivery.getGeneration())
            .setVersion(delivery.getVersion())
            .setValidUntilMicros(micros(data.path("valid_until")))
            .setCompleteFromMicros(micros(data.path("complete_from")));
    data.path("evidence").forEach(event -> transition.addEvidence(event.asText()));
    return transition.build();
  }

  private static JsonNode data(Delivery delivery) {
    return Json.parseLarge(delivery.getBody().toByteArray()).path("data");
  }

  private static Transition.Reason reason(String shown) {
    try {
      return Transition.Reason.valueOf(shown.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      return Transition.Reason.REASON_UNSPECIFIED;
    }
  }

  private static long micros(JsonNode time) {
    if (!time.isTextual()) {
      return 0;
    }
    return time.asText().equals("never")
        ? Long.MAX_VALUE
        : ChronoUnit.MICROS.between(Instant.EPOCH, Instant.parse(time.asText()));
  }
}
