package dev.attune.refresher;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.TraitFit;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import dev.attune.testkit.Await;
import dev.attune.testkit.RedisBackend;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of each kind of call and of each field, from the socket to the profile. */
class CallsIT {
  private static final Duration SOON = Duration.ofSeconds(30);

  @TempDir Path stateDir;
  private RunningRefresher refresher;

  @BeforeEach
  void start() {
    refresher = new RunningRefresher(RedisBackend.shared(), stateDir);
  }

  @AfterEach
  void stop() {
    refresher.close();
  }

  private void accepted(String path, String body) throws Exception {
    HttpResponse<String> response = refresher.post(path, body);
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo("{\"success\":true}");
  }

  private static Trait trait(Profile profile, String name) {
    return profile.getTraitsList().stream()
        .filter(trait -> trait.getName().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> texts(Trait trait) {
    return trait.getValue().getList().getValuesList().stream().map(Value::getText).toList();
  }

  private void awaitGroups(String user, String... groups) {
    Await.until(
        SOON,
        "the person does not lead to its groups",
        () ->
            refresher
                .profile("user_id", user)
                .flatMap(
                    profile ->
                        profile.getTraitsList().stream()
                            .filter(trait -> trait.getName().equals("group_ids"))
                            .findFirst())
                .map(CallsIT::texts)
                .equals(Optional.of(List.of(groups))));
  }

  @Test
  void group_itsTraitsMakeAProfile_towardsWhichItsMembersLead() throws Exception {
    accepted("/v1/group", "{'userId':'g1','groupId':'acme','traits':{'name':'Acme','seats':7}}");
    accepted("/v1/g/", "{'userId':'g2','groupId':'acme','traits':{'name':'Acme Inc'}}");
    accepted("/v1/group", "{'userId':'g1','groupId':'beta'}");

    awaitGroups("g1", "acme", "beta");
    awaitGroups("g2", "acme");
    Await.until(
        SOON,
        "the group has not both values",
        () ->
            refresher.profile("group_id", "acme").stream()
                .flatMap(group -> group.getTraitsList().stream())
                .anyMatch(trait -> trait.getValue().getText().equals("Acme Inc")));
    Profile group = refresher.profile("group_id", "acme").orElseThrow();
    assertThat(trait(group, "seats").getValue().getInteger()).isEqualTo(7);
    assertThat(group.getIdentifiersList()).hasSize(1);
    // Its members stay people of their own, and its traits are not theirs.
    Profile person = refresher.profile("user_id", "g1").orElseThrow();
    assertThat(person.getTraitsList()).extracting(Trait::getName).containsExactly("group_ids");
    assertThat(refresher.profile("user_id", "g2").orElseThrow().getProfileId())
        .isNotEqualTo(person.getProfileId());
    // One without traits is one all the same.
    Await.until(SOON, "no group", () -> refresher.profile("group_id", "beta").isPresent());
  }

  @Test
  void contextGroupId_andAnAccountId_leadToTheGroupToo() throws Exception {
    accepted(
        "/v1/track",
        "{'userId':'c1','event':'Paid','context':{'groupId':'acme','externalIds':"
            + "[{'id':'beta','type':'group_id','collection':'accounts'}]}}");
    awaitGroups("c1", "acme", "beta");
    assertThat(refresher.deadLetters).isEmpty();
  }

  @Test
  void externalIds_areFurtherIdentifiers_andOthersAreSaidWhy() throws Exception {
    accepted(
        "/v1/t",
        "{'userId':'x1','event':'E','context':{'externalIds':["
            + "{'id':'X1@Example.org','type':'email','collection':'users','encoding':'none'},"
            + "{'id':'a-9','type':'Anonymous-Id'},"
            + "{'id':'1','type':'loyalty'},"
            + "{'id':'2','type':'group_id'},"
            + "{'type':'email'}]}}");
    Await.until(
        SOON,
        "the identifiers do not lead to the person",
        () ->
            refresher.profile("email", "x1@example.org").isPresent()
                && refresher
                    .profile("email", "x1@example.org")
                    .equals(refresher.profile("anonymous_id", "a-9")));
    assertThat(refresher.profile("email", "x1@example.org").orElseThrow().getIdentifiersList())
        .extracting(Identifier::getNamespace)
        .containsExactly("user_id", "email", "anonymous_id");
    Await.until(SOON, "no dead letter", () -> !refresher.deadLetters.isEmpty());
    assertThat(refresher.deadLetters.getFirst().getReason())
        .contains(
            "namespace: unknown", "an id of a collection or type that is not known", "[4]: its id");
  }

  // What an SDK remembers it sends with everything: it must not overrule what is newer.
  @Test
  void contextTraits_countOnlyWhereNobodySaysTheTraitOutright() throws Exception {
    accepted("/v1/identify", "{'userId':'t1','traits':{'plan':'pro'}}");
    refresher.awaitTrait("user_id", "t1", "plan");
    accepted(
        "/v1/track",
        "{'userId':'t1','event':'E','context':{'traits':"
            + "{'plan':'free','city':'Rome','email':'t1@example.org'}}}");
    Profile profile = refresher.awaitTrait("user_id", "t1", "city");
    assertThat(trait(profile, "plan").getValue().getText()).isEqualTo("pro");
    assertThat(trait(profile, "city").getSource()).isEqualTo("context");
    assertThat(refresher.profile("email", "t1@example.org")).isPresent();
  }

  @Test
  void identify_withTraitsInItsContextAlone_saysThemOutright() throws Exception {
    accepted("/v1/identify", "{'userId':'t2','context':{'traits':{'plan':'pro'}}}");
    assertThat(trait(refresher.awaitTrait("user_id", "t2", "plan"), "plan").getSource())
        .isEqualTo("events");
  }

  @Test
  void batch_itsContextIsEachEventsOwn_andTheEventsWordCountsMore() throws Exception {
    accepted(
        "/v1/import/",
        "{'context':{'groupId':'acme','traits':{'city':'Rome'}},'batch':["
            + "{'type':'track','userId':'b1','event':'E'},"
            + "{'type':'track','userId':'b2','event':'E','context':{'groupId':'beta'}}]}");
    awaitGroups("b1", "acme");
    awaitGroups("b2", "beta");
    assertThat(trait(refresher.awaitTrait("user_id", "b2", "city"), "city").getValue().getText())
        .isEqualTo("Rome");
  }

  @Test
  void clockOfTheSenderAnHourBehind_isCorrectedByWhenItSent() throws Exception {
    Instant before = Instant.now();
    Instant theirs = before.minus(1, ChronoUnit.HOURS);
    accepted(
        "/v1/batch",
        "{'sentAt':'%s','batch':[{'type':'identify','userId':'s1','traits':{'plan':'pro'},'timestamp':'%s'}]}"
            .formatted(theirs, theirs.minusSeconds(60)));
    Trait plan = trait(refresher.awaitTrait("user_id", "s1", "plan"), "plan");
    assertThat(plan.getUpdatedAtMicros())
        .isBetween(
            TraitFit.micros(before.minusSeconds(60)) - 1,
            TraitFit.micros(Instant.now().minusSeconds(60)));
  }

  @Test
  void alias_joinsWhoWasAnonymous_andNeverTwoUsers() throws Exception {
    accepted("/v1/identify", "{'anonymousId':'l-a','traits':{'theme':'dark'}}");
    accepted("/v1/identify", "{'userId':'l-old','traits':{'plan':'pro'}}");
    accepted("/v1/alias", "{'userId':'l1','previousId':'l-a'}");
    accepted("/v1/a", "{'userId':'l1','previousId':'l-old'}");
    accepted("/v1/a", "{'userId':'l1','previousId':'l1'}");

    Profile person = refresher.awaitTrait("user_id", "l1", "theme");
    assertThat(person.getTraitsList()).extracting(Trait::getName).doesNotContain("plan");
    assertThat(refresher.awaitTrait("user_id", "l-old", "plan").getProfileId())
        .isNotEqualTo(person.getProfileId());
    assertThat(refresher.profile("anonymous_id", "l1")).isEmpty();
    HttpResponse<String> half = refresher.post("/v1/alias", "{'userId':'l1'}");
    assertThat(half.statusCode()).isEqualTo(400);
    assertThat(half.body()).contains("an alias needs both");
    assertThat(refresher.post("/v1/group", "{'userId':'l1'}").body()).contains("groupId: missing");
  }
}
