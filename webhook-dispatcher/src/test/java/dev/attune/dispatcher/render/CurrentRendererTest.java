package dev.attune.dispatcher.render;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.attune.core.profile.Served;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.TestClock;
import dev.attune.dispatcher.Webhooks;
import dev.attune.dispatcher.render.CurrentRenderer.Current;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.MembershipState;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Transition;
import dev.attune.proto.v1.Value;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class CurrentRendererTest {
  private static final long AT = 1_772_359_198_500_000L;
  private static final long HOUR = 3_600_000_000L;
  private static final String DEFINITION =
      """
      name: crm
      url: https://crm.example.com/hook
      secret: {env: CRM}
      on: {transitions: {audiences: [vip]}, traits: [plan]}
      """;

  private final TestClock clock = new TestClock();

  @Test
  void profileThatKnowsTheTransition_itsDocumentComesAgain_underAnotherId() {
    Delivery newest = newest(true, 5, 0);
    Delivery now = told(newest, record(member(true, 5, 0)));
    assertThat(now.getBody()).isEqualTo(newest.getBody());
    assertThat(now.getWebhookId()).isNotEqualTo(newest.getWebhookId());
    assertThat(told(newest, record(member(true, 5, 0))).getWebhookId())
        .isEqualTo(now.getWebhookId());
    assertThat(CurrentRenderer.said(now)).isEqualTo(CurrentRenderer.said(newest));
  }

  // The store is written after the transition: what it does not know yet is no reason to tell the
  // opposite.
  @Test
  void profileThatIsBehind_theTransitionCounts() {
    Delivery newest = newest(true, 5, 0);
    assertThat(told(newest, record(member(false, 4, 0))).getBody()).isEqualTo(newest.getBody());
    assertThat(told(newest, record()).getBody()).isEqualTo(newest.getBody());
  }

  @Test
  void profileThatIsAhead_counts() {
    Delivery newest = newest(true, 5, 0);
    Delivery now = told(newest, record(member(false, 6, 0)));
    assertThat(now.getType()).isEqualTo("audience.exited");
    assertThat(now.getBody().toStringUtf8())
        .isEqualTo(
            "{\"type\":\"audience.exited\",\"timestamp\":\"2026-03-01T10:00:00Z\",\"data\":{"
                + "\"profile_id\":\"p1\",\"audience\":\"vip\",\"reason\":\"replay\","
                + "\"at\":\"2026-03-01T10:00:00Z\",\"evidence\":[],\"definition_version\":0}}");
    assertThat(CurrentRenderer.said(now)).isNotEqualTo(CurrentRenderer.said(newest));
  }

  // A membership that was only said again has another end; why the person entered stays.
  @Test
  void membershipSaidAgain_hasTheNewEnd_andTheOldReasons() {
    long end = AT + 100_000 * HOUR;
    Delivery now = told(newest(true, 5, AT + 90_000 * HOUR), record(member(true, 6, end)));
    assertThat(now.getBody()).isEqualTo(newest(true, 5, end).getBody());
  }

  @Test
  void membershipThatHasEnded_isTheExit() {
    long now = clock.instant().toEpochMilli() * 1_000;
    Delivery told = told(newest(true, 5, now - 1), record(member(true, 5, now - 1)));
    assertThat(told.getType()).isEqualTo("audience.exited");
    assertThat(told.getBody().toStringUtf8()).contains("\"reason\":\"time\"");
    assertThat(told(newest(true, 5, now + 1), record(member(true, 5, now + 1))).getType())
        .isEqualTo("audience.entered");
  }

  @Test
  void traits_areThoseOfNow_inTheFormOfNow() {
    Delivery newest =
        Delivery.newBuilder()
            .setWebhook("crm")
            .setProfileId("p1")
            .setWebhookId("msg_1")
            .setType("profile.changed")
            .setState(ByteString.copyFromUtf8("what it was"))
            .build();
    Delivery now = told(newest, record());
    assertThat(now.getBody().toStringUtf8())
        .endsWith("\"version\":1772359200000000,\"traits\":{\"plan\":\"gold\"}}}");
    assertThat(CurrentRenderer.said(now)).isNotEqualTo(CurrentRenderer.said(newest));
    String id = now.getWebhookId();
    Delivery formed =
        ((Current.Told) current(DEFINITION + "payload: cloudevents\n", newest, record()))
            .delivery();
    assertThat(formed.getForm()).isEqualTo("cloudevents");
    assertThat(formed.getWebhookId()).isNotEqualTo(id);
  }

  @Test
  void whoIsGone_andWhatIsNotWanted_isPassedOver() {
    Delivery newest = newest(true, 5, 0);
    assertThat(renderer(DEFINITION).render(newest, Optional.empty()))
        .isEqualTo(Current.Passed.ERASED);
    ProfileRecord merged =
        ProfileRecord.newBuilder().setProfileId("p1").setRedirectTo("p2").build();
    assertThat(current(DEFINITION, newest, merged)).isEqualTo(Current.Passed.MERGED);
    assertThat(current(DEFINITION.replace("[vip]", "[new]"), newest, record(member(true, 5, 0))))
        .isEqualTo(Current.Passed.UNWANTED);
    ProfileRecord broken =
        ProfileRecord.newBuilder()
            .setProfileId("p1")
            .setLive(LiveProfile.newBuilder().setFacts(ByteString.copyFromUtf8("no facts")))
            .build();
    assertThat(current(DEFINITION, newest, broken)).isEqualTo(Current.Passed.UNREADABLE);
  }

  @Test
  void subject_isOfStates_notOfEvents() {
    assertThat(CurrentRenderer.subject(newest(true, 1, 0))).contains("audience/vip");
    assertThat(CurrentRenderer.subject(Delivery.newBuilder().setType("profile.changed").build()))
        .contains("profile");
    assertThat(CurrentRenderer.subject(Delivery.newBuilder().setType("event").build())).isEmpty();
    assertThat(CurrentRenderer.subject(Delivery.newBuilder().setType("webhook.disabled").build()))
        .isEmpty();
  }

  private Delivery told(Delivery newest, ProfileRecord record) {
    return ((Current.Told) current(DEFINITION, newest, record)).delivery();
  }

  private Current current(String definition, Delivery newest, ProfileRecord record) {
    return renderer(definition).render(newest, Optional.of(record));
  }

  private CurrentRenderer renderer(String definition) {
    WebhookDefinition webhook = Webhooks.parse(definition);
    return new CurrentRenderer(Webhooks.definitions(webhook), webhook, clock);
  }

  private static Delivery newest(boolean entered, long version, long validUntil) {
    Transition transition =
        Transition.newBuilder()
            .setProfileId("p1")
            .setAudience("vip")
            .setEntered(entered)
            .setAtMicros(AT)
            .setValidUntilMicros(validUntil)
            .setGeneration(1)
            .setVersion(version)
            .setDefinitionVersion(7)
            .setReason(Transition.Reason.CHANGE)
            .addEvidence("a5c7e1d20f4b98")
            .build();
    return Delivery.newBuilder()
        .setWebhook("crm")
        .setProfileId("p1")
        .setWebhookId(WebhookId.of("crm", transition))
        .setBody(Payload.of(transition))
        .setCausedAtMicros(AT)
        .setType(Payload.type(transition))
        .setGeneration(1)
        .setVersion(version)
        .build();
  }

  private static MembershipState member(boolean member, long version, long validUntil) {
    return MembershipState.newBuilder()
        .setAudience("vip")
        .setMember(member)
        .setEnteredAtMicros(member ? AT : 0)
        .setValidUntilMicros(validUntil)
        .setGeneration(1)
        .setVersion(version)
        .build();
  }

  private static ProfileRecord record(MembershipState... memberships) {
    Facts.Builder facts = Facts.newBuilder();
    for (MembershipState membership : memberships) {
      facts.addMemberships(membership);
    }
    Profile profile =
        Profile.newBuilder()
            .setProfileId("p1")
            .addTraits(
                Trait.newBuilder().setName("plan").setValue(Value.newBuilder().setText("gold")))
            .build();
    return ProfileRecord.newBuilder()
        .setProfileId("p1")
        .setVersion(1_772_359_200_000_000L)
        .setLive(
            LiveProfile.newBuilder()
                .setServed(Served.of(profile).bytes())
                .setFacts(facts.build().toByteString()))
        .build();
  }
}
