package dev.attune.store.convergence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.identity.Links;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.Link;
import dev.attune.proto.v1.Transition;
import dev.attune.store.memory.MemoryProfileStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Changes name the identifiers that came and went, for those who keep who is who. */
class MovedIdentifiersTest {
  private static final Identifier JANE = new Identifier("user_id", "jane");
  private static final Identifier JOE = new Identifier("user_id", "joe");
  private static final Identifier BROWSER = new Identifier("anonymous_id", "a");

  private final List<Changed> changes = new ArrayList<>();
  private final ProfileWriter writer =
      new ProfileWriter(
          new MemoryProfileStore(),
          change -> {
            changes.add(change.getChanged());
            return CompletableFuture.completedFuture(null);
          },
          () -> Catalog.DEFAULT,
          InstantSource.system(),
          Duration.ofSeconds(5));

  private List<Changed> apply(Identifier via, Link... links) {
    changes.clear();
    writer.apply(
        List.of(new ProfileInput(via, List.of(), List.of(links), Cause.getDefaultInstance())));
    return List.copyOf(changes);
  }

  private static Link link(Identifier one, Identifier other, long at) {
    return Links.link(one, other, at, "e" + at);
  }

  private static Changed of(List<Changed> changes, Identifier identifier) {
    String profileId = ProfileIds.of(identifier);
    return changes.stream()
        .filter(change -> change.getRecord().getProfileId().equals(profileId))
        .findFirst()
        .orElseThrow();
  }

  private static List<Identifier> added(Changed change) {
    return change.getIdentifiersAddedList().stream().map(Identifier::of).toList();
  }

  private static List<Identifier> removed(Changed change) {
    return change.getIdentifiersRemovedList().stream().map(Identifier::of).toList();
  }

  @Test
  void apply_ofSomeoneNew_namesAllAsAdded_andOfTheSameAgainNone() {
    Changed first = of(apply(JANE, link(JANE, BROWSER, 1)), JANE);
    assertThat(added(first)).containsExactlyInAnyOrder(JANE, BROWSER);
    assertThat(removed(first)).isEmpty();
    Changed again = of(apply(JANE, link(JANE, BROWSER, 1)), JANE);
    assertThat(added(again)).isEmpty();
    assertThat(removed(again)).isEmpty();
  }

  @Test
  void apply_thatMerges_namesWhatMovedAtBothEnds() {
    apply(BROWSER);
    List<Changed> merge = apply(JANE, link(JANE, BROWSER, 1));
    assertThat(added(of(merge, JANE))).containsExactlyInAnyOrder(JANE, BROWSER);
    assertThat(of(merge, BROWSER).getRecord().getRedirectTo()).isEqualTo(ProfileIds.of(JANE));
    assertThat(removed(of(merge, BROWSER))).containsExactly(BROWSER);
  }

  @Test
  void apply_thatMovesAnIdentifierToAnotherPerson_namesItAtBothEnds() {
    apply(JANE, link(JANE, BROWSER, 5));
    // Earlier, so that it wins: a browser has one user.
    List<Changed> move = apply(JOE, link(JOE, BROWSER, 1));
    assertThat(added(of(move, JOE))).contains(BROWSER);
    assertThat(removed(of(move, JANE))).containsExactly(BROWSER);
    assertThat(of(move, JANE).getRecord().hasLive()).isTrue();
  }

  @Test
  void applyMemberships_namesNone() {
    apply(JANE);
    changes.clear();
    writer.applyMemberships(
        List.of(
            Transition.newBuilder()
                .setProfileId(ProfileIds.of(JANE))
                .setAudience("x")
                .setEntered(true)
                .setGeneration(1)
                .setVersion(1)
                .build()));
    assertThat(changes).hasSize(1);
    assertThat(added(changes.getFirst())).isEmpty();
  }
}
