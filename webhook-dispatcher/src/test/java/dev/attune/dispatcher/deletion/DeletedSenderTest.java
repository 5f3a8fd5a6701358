package dev.attune.dispatcher.deletion;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.webhook.Deletions;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.KnownDeletions;
import dev.attune.dispatcher.Webhooks;
import dev.attune.dispatcher.send.Outcome;
import dev.attune.dispatcher.send.Sender;
import dev.attune.proto.v1.Delivery;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class DeletedSenderTest {
  private static final Delivery DELIVERY =
      Delivery.newBuilder().setWebhook("crm").setProfileId("p1").setWebhookId("msg_1").build();

  private static final Outcome WAITS =
      new Outcome.NotSent("whether people have been deleted could not be asked");

  private final List<Delivery> sent = new ArrayList<>();

  private Outcome send(Delivery delivery, Deletions deletions) {
    Sender accepting =
        new Sender() {
          @Override
          public CompletionStage<Outcome> send(WebhookDefinition to, Delivery attempted) {
            sent.add(attempted);
            return CompletableFuture.completedStage(new Outcome.Delivered(200));
          }

          @Override
          public void close() {}
        };
    return new DeletedSender(accepting, deletions)
        .send(Webhooks.webhook("crm"), delivery)
        .toCompletableFuture()
        .join();
  }

  @Test
  void send_aboutSomebodyWhoIsThere_isSent() {
    assertThat(send(DELIVERY, new KnownDeletions())).isEqualTo(new Outcome.Delivered(200));
    assertThat(send(DELIVERY, Deletions.NONE)).isEqualTo(new Outcome.Delivered(200));
    assertThat(sent).containsExactly(DELIVERY, DELIVERY);
  }

  @Test
  void send_aboutSomebodyWhoHasBeenDeleted_isBlocked_aReplayToo() {
    KnownDeletions deletions = new KnownDeletions();
    deletions.delete("p1");
    Outcome blocked = new Outcome.Blocked("the person has been deleted");
    assertThat(send(DELIVERY, deletions)).isEqualTo(blocked);
    assertThat(send(DELIVERY.toBuilder().setReplay(true).build(), deletions)).isEqualTo(blocked);
    assertThat(sent).isEmpty();
    assertThat(send(DELIVERY.toBuilder().setProfileId("p2").build(), deletions))
        .isEqualTo(new Outcome.Delivered(200));
  }

  // A ledger that is away must not decide that somebody may be spoken of, nor that they may not.
  @Test
  void send_whenNobodyCanTell_waits_untilSomebodyCan() {
    KnownDeletions deletions = new KnownDeletions();
    deletions.away(true);
    assertThat(send(DELIVERY, deletions)).isEqualTo(WAITS);
    assertThat(
            send(
                DELIVERY,
                (_, _) -> {
                  throw new IllegalStateException("closed");
                }))
        .isEqualTo(WAITS);
    assertThat(sent).isEmpty();
    deletions.away(false);
    assertThat(send(DELIVERY, deletions)).isEqualTo(new Outcome.Delivered(200));
  }

  @Test
  void send_whenTheAnswerNeverComes_waits() {
    assertThat(send(DELIVERY, (_, _) -> new CompletableFuture<>())).isEqualTo(WAITS);
    assertThat(sent).isEmpty();
  }
}
