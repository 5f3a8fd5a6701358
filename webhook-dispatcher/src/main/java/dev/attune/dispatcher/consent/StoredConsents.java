package dev.attune.dispatcher.consent;

import dev.attune.core.audience.AudienceDefinition;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.webhook.Consents;
import dev.attune.proto.v1.Delivery;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * Consents as profiles have them, in the trait {@code consent.<purpose>}. Of an event it is the
 * person's whom its identifier leads to today.
 */
public final class StoredConsents implements Consents {
  private final ProfileStore store;

  public StoredConsents(ProfileStore store) {
    this.store = store;
  }

  @Override
  public CompletionStage<Boolean> isGiven(Delivery delivery, String purpose, Duration timeout) {
    String trait = AudienceDefinition.CONSENT_PREFIX + purpose;
    CompletionStage<LookupResult> found =
        delivery.hasAbout()
            ? store.find(Identifier.of(delivery.getAbout()), timeout)
            : store.findById(delivery.getProfileId(), timeout);
    return found.thenApply(result -> isGiven(result, trait));
  }

  private static boolean isGiven(LookupResult result, String trait) {
    return switch (result) {
      case LookupResult.Found known ->
          known.served().profile().getTraitsList().stream()
              .anyMatch(has -> has.getName().equals(trait) && has.getValue().getBoolean());
      case LookupResult.Absent _ -> false;
    };
  }
}
