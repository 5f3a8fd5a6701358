package dev.attune.dispatcher.render;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.profile.Served;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.form.Forms;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * Renders what a webhook wants to know of people, each time that it differs from what was rendered
 * before. Whether it is sent is decided by what was sent last; this alone keeps the topic of
 * deliveries from being told of each write of a profile.
 *
 * <p>A profile that was merged into another is told of once more, without values: what is known of
 * the person is told under the other profile's id from then on.
 */
final class StateRenderer {
  /** The subject of what is known of a person. */
  static final String SUBJECT = "profile";

  private final Subscriptions subscriptions;

  /** By webhook and profile id: the record's version, 8 bytes, and the state's digest. */
  private final KeyValueStore<Bytes, byte[]> rendered;

  StateRenderer(Subscriptions subscriptions, KeyValueStore<Bytes, byte[]> rendered) {
    this.subscriptions = subscriptions;
    this.rendered = rendered;
  }

  void render(Changed change, Consumer<Delivery> forward) throws UnreadableRecordException {
    List<WebhookDefinition> webhooks = subscriptions.toStates();
    ProfileRecord record = change.getRecord();
    if (webhooks.isEmpty() || !(record.hasLive() || record.hasRedirectTo())) {
      return;
    }
    Map<String, Value> traits = traits(record);
    for (WebhookDefinition webhook : webhooks) {
      render(webhook, change, traits, forward);
    }
  }

  private void render(
      WebhookDefinition webhook,
      Changed change,
      Map<String, Value> traits,
      Consumer<Delivery> forward) {
    ProfileRecord record = change.getRecord();
    ProfileState state = ProfileState.of(record.getRedirectTo(), webhook.traits(), traits);
    Bytes key =
        Bytes.wrap((webhook.name() + "/" + record.getProfileId()).getBytes(StandardCharsets.UTF_8));
    byte[] last = rendered.get(key);
    if (last == null && (state.isNothing() || record.hasRedirectTo())) {
      // Nobody was told anything that this would change.
      return;
    }
    ByteString digest = state.digest();
    if (last != null
        && (record.getVersion() <= ByteBuffer.wrap(last).getLong()
            || ByteString.copyFrom(last, Long.BYTES, last.length - Long.BYTES).equals(digest))) {
      return;
    }
    rendered.put(
        key,
        ByteBuffer.allocate(Long.BYTES + digest.size())
            .putLong(record.getVersion())
            .put(digest.asReadOnlyByteBuffer())
            .array());
    forward.accept(
        Delivery.newBuilder()
            .setWebhook(webhook.name())
            .setProfileId(record.getProfileId())
            .setWebhookId(WebhookId.of(webhook.name(), record))
            .setBody(Payload.of(record, state))
            .setForm(Forms.text(webhook.payload()))
            .setView(webhook.payload().viewName())
            // Versions are the refresher's clock, and one more where that does not suffice.
            .setCausedAtMicros(record.getVersion())
            .setType(Payload.CHANGED)
            .setTraceparent(
                change.getCausesCount() == 0 ? "" : change.getCauses(0).getTraceparent())
            .setSubject(SUBJECT)
            .setState(digest)
            .setBulk(isBulk(change))
            .build());
  }

  // Written for many people at once.
  private static boolean isBulk(Changed change) {
    return change.getCausesCount() > 0
        && change.getCausesList().stream()
            .map(Cause::getCauseCase)
            .allMatch(
                cause ->
                    switch (cause) {
                      case ROW, CATALOG, RESTORE -> true;
                      case EVENT, MERGE, MEMBERSHIP, SPLIT, OPERATOR, CAUSE_NOT_SET -> false;
                    });
  }

  /** The values of a live record, by trait; none of a redirect. */
  static Map<String, Value> traits(ProfileRecord record) throws UnreadableRecordException {
    Map<String, Value> traits = new HashMap<>();
    if (!record.hasLive()) {
      return traits;
    }
    Profile profile;
    try {
      profile = Profile.parseFrom(new Served(record.getLive().getServed()).profileBytes());
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      throw new UnreadableRecordException();
    }
    for (Trait trait : profile.getTraitsList()) {
      traits.put(trait.getName(), trait.getValue());
    }
    return traits;
  }

  /** A profile's record cannot be read. */
  static final class UnreadableRecordException extends Exception {
    private static final long serialVersionUID = 1;

    private UnreadableRecordException() {
      super("the served profile does not parse", null, false, false);
    }
  }
}
