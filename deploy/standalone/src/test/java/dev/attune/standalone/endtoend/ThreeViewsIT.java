package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.proto.v1.Transition;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.testkit.Await;
import dev.attune.testkit.people.WebhookEndpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three anonymous pages, then a login: the person who logged in has seen three pages. */
class ThreeViewsIT {
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final String AUDIENCE = "three-views";

  @TempDir private static Path folder;
  private static WebhookEndpoint endpoint;
  private static Standalone standalone;
  private static Lookups lookups;

  @BeforeAll
  static void start() throws Exception {
    endpoint = WebhookEndpoint.start(1, 0);
    standalone =
        Standalone.start(
            StandaloneConfig.of(folder.resolve("data"))
                .withPorts(StandaloneConfig.Ports.FREE)
                .withWebhooksAllow(Set.of(endpoint.address())));
    lookups = new Lookups(standalone.ports().grpc());
    Attune.apply(
        standalone.url(),
        new Definitions(folder.resolve("definitions"))
            .with(
                "catalog.yaml",
                "namespaces: {user_id: {unique: true}, email: {max: 5}, anonymous_id: {max: 50}}\n")
            .with(
                "audiences/three-views.yaml",
                """
                name: three-views
                when: {event: Page Viewed, count: ">= 3", within: 1h}
                """)
            .withWebhook(endpoint, "transitions: {audiences: [three-views]}", "Page Viewed"));
  }

  @AfterAll
  static void stop() throws Exception {
    try (AutoCloseable _ = endpoint;
        AutoCloseable _ = standalone;
        AutoCloseable _ = lookups) {
      assertThat(endpoint.complaints()).isEmpty();
    }
  }

  @Test
  void loginAfterTheThirdPage_takesTheMembershipOver() throws Exception {
    Identifier stranger = new Identifier("anonymous_id", "stranger");
    Identifier person = new Identifier("user_id", "ada");
    for (int i = 0; i < 3; i++) {
      post("page", "{\"anonymousId\": \"stranger\", \"messageId\": \"a%d\"}".formatted(i));
    }
    await("the stranger is in the audience", () -> isIn(stranger));
    post("identify", "{\"anonymousId\": \"stranger\", \"userId\": \"ada\"}");
    await("the identified person is in the audience", () -> isIn(person));

    assertThat(lookups.find(stranger)).as("one person now").isEqualTo(lookups.find(person));
    String before = ProfileIds.of(stranger);
    String after = ProfileIds.of(person);
    await("both transitions of the stranger", () -> transitions(before).size() == 2);
    assertThat(transitions(before))
        .extracting(Transition::getEntered, Transition::getReason)
        .containsExactly(
            tuple(true, Transition.Reason.CHANGE), tuple(false, Transition.Reason.MERGED));
    assertThat(transitions(after)).extracting(Transition::getEntered).containsExactly(true);
    await(
        "webhooks of the transitions and the events",
        () ->
            told("audience.entered", before) == 1
                && told("audience.exited", before) == 1
                && told("audience.entered", after) == 1
                && eventsVia("stranger") == 3);
  }

  @Test
  void threePages_thenALogin_thenASplit_enterThePerson_whoThenLeaves() throws Exception {
    Identifier stranger = new Identifier("anonymous_id", "eve");
    Identifier person = new Identifier("user_id", "eve");
    for (int i = 0; i < 3; i++) {
      post("page", "{\"anonymousId\": \"eve\", \"messageId\": \"e%d\"}".formatted(i));
    }
    post("identify", "{\"anonymousId\": \"eve\", \"userId\": \"eve\"}");
    await("the identified person is in the audience", () -> isIn(person));
    String[] split = {"identity", "split", "anonymous_id:eve", "user_id:eve", "--reason", "two"};
    assertThat(Attune.run(standalone.url(), split).code()).isZero();
    await("the person has left the audience", () -> !isIn(person));
    await("who viewed the pages is in it", () -> isIn(stranger));
    assertThat(lookups.find(stranger)).as("two people now").isNotEqualTo(lookups.find(person));
    String id = ProfileIds.of(person);
    await("both transitions of the person", () -> transitions(id).size() == 2);
    assertThat(transitions(id)).extracting(Transition::getEntered).containsExactly(true, false);
    await(
        "webhooks of the transitions",
        () -> told("audience.entered", id) == 1 && told("audience.exited", id) == 1);
  }

  @Test
  void loginInOneBatchWithThePages_entersThePerson() throws Exception {
    Identifier person = new Identifier("user_id", "bob");
    List<String> events = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      events.add(
          "{\"type\": \"page\", \"anonymousId\": \"quick\", \"messageId\": \"b%d\"}".formatted(i));
    }
    events.add("{\"type\": \"identify\", \"anonymousId\": \"quick\", \"userId\": \"bob\"}");
    post("batch", "{\"batch\": [" + String.join(", ", events) + "]}");
    await("the identified person is in the audience", () -> isIn(person));
    await("a webhook", () -> told("audience.entered", ProfileIds.of(person)) == 1);
  }

  @Test
  void explain_tellsWhatDecides_conditionByCondition() throws Exception {
    Identifier person = new Identifier("user_id", "cleo");
    post("page", "{\"userId\": \"cleo\", \"messageId\": \"c0\"}");
    await("the evaluator has heard of the first page", () -> explained().contains("(1 counted"));
    String id = ProfileIds.of(person);
    assertThat(explained().lines().toList())
        .satisfiesExactly(
            first ->
                assertThat(first).isEqualTo("Profile " + id + " does not belong to three-views."),
            known ->
                assertThat(known).matches("It knows all events that it counts from \\S+Z on\\."),
            empty -> assertThat(empty).isEmpty(),
            event ->
                assertThat(event)
                    .matches(
                        "no   event Page Viewed, >= 3 within 1h  \\(1 counted, the newest at \\S+Z\\)"));

    post("page", "{\"userId\": \"cleo\", \"messageId\": \"c1\"}");
    post("page", "{\"userId\": \"cleo\", \"messageId\": \"c2\"}");
    await("the person is in the audience", () -> isIn(person));
    assertThat(explained().lines().toList())
        .satisfiesExactly(
            first ->
                assertThat(first)
                    .matches("Profile " + id + " belongs to three-views since \\S+Z\\."),
            time -> assertThat(time).matches("Time alone changes that at \\S+Z\\."),
            known ->
                assertThat(known).matches("It knows all events that it counts from \\S+Z on\\."),
            empty -> assertThat(empty).isEmpty(),
            event ->
                assertThat(event).startsWith("yes  event Page Viewed, >= 3 within 1h  (3 counted"));
    assertThat(Attune.run(standalone.url(), "audiences", "list").output())
        .matches(
            "audience     state  members  entered  exited\n"
                + "three-views  live   \\d+ +\\+\\d+ +-\\d+ +complete from \\S+Z\\s*");
    Http.Reply audience = Http.get(standalone.url() + "/v1/audiences/three-views");
    assertThat(audience.body().path("members").asLong())
        .isEqualTo(members().size())
        .isEqualTo(
            audience.body().path("entered").asLong() - audience.body().path("exited").asLong());
    assertThat(members()).contains(id);
    String explain = standalone.url() + "/v1/audiences/three-views/explain";
    Http.Reply reply = Http.get(explain + "?profile_id=" + id);
    assertThat(reply.body().path("why").path("events")).hasSize(3);
    // Whom it is about the asker knows; nobody else is to read it there.
    assertThat(reply.body().toString()).doesNotContain("cleo");
  }

  @Test
  void explain_ofWhatIsNotThere_hasASentence() throws Exception {
    assertThat(Attune.run(standalone.url(), "audiences", "explain", AUDIENCE, "user_id:nobody"))
        .extracting(Attune.Answer::code)
        .isEqualTo(1);
    String audiences = standalone.url() + "/v1/audiences/";
    Http.Reply unknown = Http.get(audiences + "three-vews/explain?profile_id=" + "0".repeat(32));
    assertThat(unknown.status()).isEqualTo(404);
    assertThat(unknown.body().path("message").asText())
        .isEqualTo("there is no such audience; did you mean \"three-views\"?");
    Http.Reply nobody = Http.get(audiences + "three-views/explain?profile_id=" + "0".repeat(32));
    assertThat(nobody.status()).isEqualTo(404);
    assertThat(nobody.body().path("message").asText())
        .isEqualTo("the evaluator that answers here has not heard of this profile");
    Http.Reply identifier = Http.get(audiences + "three-views/explain?profile_id=user_id:cleo");
    assertThat(identifier.status()).isEqualTo(400);
    assertThat(identifier.body().path("message").asText()).startsWith("profile_id is 32 hex");
  }

  @Test
  void members_areAskedForRight() throws Exception {
    String members = standalone.url() + "/v1/audiences/three-views/members";
    assertThat(Http.get(members + "?limit=0").body().path("message").asText())
        .isEqualTo("limit is 1 to 1000");
    assertThat(Http.get(members + "?after=x").body().path("message").asText())
        .isEqualTo("after is the \"next\" of the page before");
    assertThat(Http.get(members.replace("three", "tree")).body().path("message").asText())
        .isEqualTo("there is no such audience; did you mean \"three-views\"?");
  }

  // One on each page, so that there are several.
  private static Set<String> members() throws Exception {
    Set<String> members = new HashSet<>();
    String after = "";
    do {
      JsonNode page =
          Http.get(standalone.url() + "/v1/audiences/three-views/members?limit=1" + after).body();
      page.path("members")
          .forEach(
              member ->
                  assertThat(members.add(member.path("profile_id").asText())).as("once").isTrue());
      after = page.has("next") ? "&after=" + page.path("next").asText() : "";
    } while (!after.isEmpty());
    return members;
  }

  @Test
  void plan_saysWhoWouldEnter_andChangesNothing() throws Exception {
    Identifier person = new Identifier("user_id", "dora");
    for (int i = 0; i < 3; i++) {
      post("page", "{\"userId\": \"dora\", \"messageId\": \"d%d\"}".formatted(i));
    }
    await("the person is in the audience", () -> isIn(person));
    // No audience counts them, so that nobody remembers them.
    for (int i = 0; i < 2; i++) {
      post(
          "track",
          "{\"userId\": \"dora\", \"messageId\": \"o%d\", \"event\": \"Kayak Bought\"}"
              .formatted(i));
    }
    Path changed = folder.resolve("changed");
    var definitions = new Definitions(changed);
    definitions.with(
        "audiences/buyers.yaml",
        "name: buyers\nwhen: {event: Kayak Bought, count: \">= 2\", within: 2h}\n");
    await(
        "the log has what was bought",
        () -> Attune.run(standalone.url(), "plan", changed.toString()).output().contains("+1"));
    definitions.with(
        "audiences/three-views.yaml",
        """
        name: three-views
        when: {event: Page Viewed, count: ">= 4", within: 1h}
        """);
    definitions.with(
        "audiences/browses.yaml",
        """
        name: browses
        when: {event: Page Veiwed, distinct: properties.path >= 3, within: 1h}
        """);
    Attune.Answer plan = Attune.run(standalone.url(), "plan", changed.toString(), "--exit-code");
    assertThat(plan.code()).as(plan.output()).isEqualTo(3);
    assertThat(plan.output())
        .containsPattern("audience +members  enter  leave\n")
        .containsPattern("three-views  \\d+ +\\+0 +-\\d+\n")
        .contains("three-views: would leave, e.g. ")
        .containsPattern("buyers +0 +\\+1 +-0")
        .containsPattern("buyers: would enter, e.g. [0-9a-f]{32}")
        .doesNotContain("it asks for events")
        .contains("browses: it looks at the newest 500 events of a person that match")
        .contains("warning: audiences/browses.yaml:2:15: no other definition knows the event")
        .containsPattern(
            "Of all \\d+ profiles. The log was read for events that were not remembered: \\d+, all of"
                + " it. Nothing was changed.");
    assertThat(isIn(person)).isTrue();

    definitions.with("audiences/three-views.yaml", "name: three-views\nwhen: {audience: none}\n");
    Attune.Answer refused = Attune.run(standalone.url(), "plan", changed.toString());
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.output())
        .contains("audiences/three-views.yaml:2:18: there is no audience \"none\"");
  }

  private static String explained() {
    Attune.Answer answer =
        Attune.run(standalone.url(), "audiences", "explain", AUDIENCE, "user_id:cleo");
    return answer.code() == 0 ? answer.output() : "";
  }

  private static org.assertj.core.groups.Tuple tuple(Object... values) {
    return org.assertj.core.groups.Tuple.tuple(values);
  }

  private static void post(String path, String body) throws Exception {
    assertThat(Http.post(standalone.url() + "/v1/" + path, body).status()).isEqualTo(200);
  }

  private static boolean isIn(Identifier identifier) {
    return lookups
        .find(identifier)
        .filter(p -> p.getAudiencesList().stream().anyMatch(m -> m.getAudience().equals(AUDIENCE)))
        .isPresent();
  }

  private static List<Transition> transitions(String profileId) throws Exception {
    return TransitionLog.read(standalone.ports().kafka()).stream()
        .filter(t -> t.getProfileId().equals(profileId))
        .toList();
  }

  private static long told(String type, String profileId) throws Exception {
    return count(type, data -> data.path("profile_id").asText().equals(profileId));
  }

  // An event's body names whom it came by, not the profile, which may be another one by then.
  private static long eventsVia(String value) throws Exception {
    return count("event", data -> data.path("via").path("value").asText().equals(value));
  }

  private static long count(String type, Predicate<JsonNode> data) throws Exception {
    long count = 0;
    for (String body : endpoint.taken().values()) {
      JsonNode json = AttuneClient.JSON.readTree(body);
      if (json.path("type").asText().equals(type) && data.test(json.path("data"))) {
        count++;
      }
    }
    return count;
  }

  private static void await(String what, Callable<Boolean> condition) {
    Await.until(
        SOON,
        what + " was expected",
        () -> {
          try {
            return condition.call();
          } catch (Exception e) {
            throw new IllegalStateException(what, e);
          }
        });
  }
}
