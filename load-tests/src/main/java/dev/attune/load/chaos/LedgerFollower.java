package dev.attune.load.chaos;

import com.google.protobuf.ByteString;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.Served;
import dev.attune.core.webhook.Deletions;
import dev.attune.proto.v1.Delivery;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import dev.attune.store.memory.MemoryProfileStore;
import java.io.IOException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What a dispatcher asks about people: who has been deleted, and a store of profiles that says who
 * consents. It is asked of deletions before every attempt, and before consent: that is when it
 * reads the ledger anew.
 */
final class LedgerFollower implements Deletions, AutoCloseable {
  static final String PURPOSE = "marketing";

  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  private static final long CONSENTS = 1;
  private static final long WITHDREW = 2;

  private final Ledger ledger;
  private final MemoryProfileStore store = new MemoryProfileStore();
  private final Set<String> withdrawn = new HashSet<>();

  /** Everybody consents at first. */
  LedgerFollower(Ledger ledger, int people) {
    this.ledger = ledger;
    for (int person = 0; person < people; person++) {
      write(People.id(person), 0, CONSENTS, true);
    }
  }

  ProfileStore store() {
    return store;
  }

  @Override
  public CompletionStage<Boolean> isDeleted(Delivery delivery, Duration timeout) {
    try {
      Map<String, Ledger.Word> words = ledger.read();
      withdraw(words);
      return CompletableFuture.completedStage(
          words.get(delivery.getProfileId()) == Ledger.Word.DELETED);
    } catch (IOException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  private synchronized void withdraw(Map<String, Ledger.Word> words) {
    words.forEach(
        (id, word) -> {
          if (word == Ledger.Word.WITHDRAWN && withdrawn.add(id)) {
            write(id, CONSENTS, WITHDREW, false);
          }
        });
  }

  private void write(String id, long before, long version, boolean consents) {
    Profile profile =
        Profile.newBuilder()
            .setProfileId(id)
            .setVersion(version)
            .addTraits(
                Trait.newBuilder()
                    .setName("consent." + PURPOSE)
                    .setValue(Value.newBuilder().setBoolean(consents)))
            .build();
    ProfileRecord record =
        ProfileRecord.newBuilder()
            .setProfileId(id)
            .setVersion(version)
            .setLive(
                LiveProfile.newBuilder()
                    .setServed(Served.of(profile).bytes())
                    .setFacts(ByteString.EMPTY))
            .build();
    var written =
        store.writeProfiles(List.of(new ProfileStore.ProfileWrite(before, record)), TIMEOUT);
    if (written.toCompletableFuture().join().contains(false)) {
      throw new IllegalStateException("a profile has another version than it was given");
    }
  }

  @Override
  public void close() {
    store.close();
  }
}
