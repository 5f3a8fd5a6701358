package dev.attune.refresher.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.Sources;
import dev.attune.core.definition.Yaml;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.TraitFit;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Fact;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventInputsTest {
  private static final long RECEIVED = TraitFit.micros(Instant.parse("2026-11-21T08:00:00Z"));

  private static final Catalog CATALOG =
      Catalog.parse(
          Yaml.parse(
              "catalog.yaml",
              """
              namespaces:
                user_id: {unique: true, blocked: ["null"]}
                email: {max: 5, normalise: lower}
                anonymous_id: {max: 50}
              traits:
                age: {type: integer}
                joined: {type: timestamp}
              """));

  private static EventInputs.Result input(String json) throws MalformedEventException {
    return EventInputs.of(
        SegmentEvent.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8), "log-0-7"),
        new EventInputs.Origin(RECEIVED, false, false, "", Sources.EVENTS),
        CATALOG);
  }

  private static Event event(EventInputs.Result result) {
    return result.input().cause().getEvent();
  }

  @Test
  void of_userAndAnonymousId_belongsToTheUserAndLinksBoth() throws MalformedEventException {
    var result =
        input("{'type':'track','event':'Login','messageId':'m1','userId':'7','anonymousId':'a'}");

    assertThat(result.input().via()).isEqualTo(new Identifier("user_id", "7"));
    assertThat(result.input().links()).hasSize(1);
    assertThat(result.input().links().getFirst().getOrigin()).isEqualTo("m1");
    assertThat(event(result).getName()).isEqualTo("Login");
  }

  @Test
  void of_identifyWithEmail_linksTheEmailInItsNormalForm() throws MalformedEventException {
    var result = input("{'type':'identify','userId':'7','traits':{'email':' Ann@Example.com '}}");

    assertThat(result.input().links().getFirst().getA())
        .isEqualTo(new Identifier("email", "ann@example.com").toProto());
  }

  @Test
  void of_numericUserId_isTaken() throws MalformedEventException {
    assertThat(input("{'type':'track','event':'E','userId':42}").input().via())
        .isEqualTo(new Identifier("user_id", "42"));
  }

  @Test
  void of_blockedUserIdBesideAnAnonymousOne_goesOnWithTheLatterAndSaysWhy()
      throws MalformedEventException {
    var result = input("{'type':'track','event':'E','userId':'null','anonymousId':'a'}");

    assertThat(result.input().via()).isEqualTo(new Identifier("anonymous_id", "a"));
    assertThat(result.input().links()).isEmpty();
    assertThat(result.objections()).singleElement().asString().contains("userId", "blocked");
  }

  @Test
  void of_clockAYearAhead_isTakenAsFiveMinutesAfterReceipt() throws MalformedEventException {
    var result =
        input("{'type':'track','event':'E','userId':'7','timestamp':'2027-11-21T08:00:00Z'}");

    assertThat(event(result).getOccurredAtMicros()).isEqualTo(RECEIVED + 5 * 60 * 1_000_000L);
  }

  @Test
  void of_noTimestamp_happenedWhenReceived() throws MalformedEventException {
    assertThat(event(input("{'type':'page','anonymousId':'a'}")).getOccurredAtMicros())
        .isEqualTo(RECEIVED);
  }

  @Test
  void of_traitOfAnotherTypeThanTheCatalogs_isKeptAsAFactAndObjectedTo()
      throws MalformedEventException {
    var result = input("{'type':'identify','userId':'7','traits':{'age':'x','plan':'pro'}}");

    assertThat(result.input().facts().stream().map(Fact::getTrait).collect(Collectors.toSet()))
        .containsExactlyInAnyOrder("age", "plan");
    assertThat(result.objections())
        .isEqualTo(List.of("traits.age: string (the catalog says integer)"));
  }

  @Test
  void of_sameEventTwice_isTheSameInput() throws MalformedEventException {
    String json = "{'type':'identify','userId':'7','traits':{'b':1,'a':[1,{'y':2,'x':null}]}}";

    assertThat(input(json)).isEqualTo(input(json));
  }

  @Test
  void of_pageWithANameBesideItsProperties_hasItAmongThem() throws MalformedEventException {
    var result =
        input(
            "{'type':'page','anonymousId':'a','name':'Home','category':'C','properties':{'x':1}}");

    assertThat(event(result).getProperties().getObject().getEntriesList())
        .extracting(entry -> entry.getKey())
        .containsExactly("category", "name", "x");
  }

  @Test
  void of_groupInACatalogWithoutGroups_isAnEventOfThePersonAlone_andSaysWhy()
      throws MalformedEventException {
    var result = input("{'type':'group','userId':'7','groupId':'acme','traits':{'plan':'pro'}}");

    assertThat(result.inputs()).hasSize(1);
    assertThat(result.input().facts()).isEmpty();
    assertThat(result.objections())
        .containsExactly(
            "groupId: the catalog declares no namespace group_id, by which groups are known");
  }

  @Test
  void of_moreExternalIdsThanAllowed_takesTheFirst_andSaysHowMany() throws MalformedEventException {
    String ids =
        IntStream.range(0, ExternalId.MAX + 1)
            .mapToObj(i -> "{'type':'anonymous_id','id':'x" + i + "'}")
            .collect(Collectors.joining(","));
    var result =
        input("{'type':'track','event':'E','userId':'7','context':{'externalIds':[" + ids + "]}}");

    assertThat(result.input().links()).hasSize(ExternalId.MAX);
    assertThat(result.objections())
        .containsExactly("context.externalIds: 21 of them (allowed: 20)");
  }

  @Test
  void of_noMessageId_isNamedByItsPlaceInTheLog() throws MalformedEventException {
    assertThat(event(input("{'type':'page','anonymousId':'a'}")).getEventId()).isEqualTo("log-0-7");
  }

  @Test
  void parse_nestedTooDeep_isRefusedRatherThanUnreadableLater() {
    String deep = "{'a':".repeat(30) + "1" + "}".repeat(30);
    assertThatThrownBy(() -> input("{'type':'identify','userId':'7','traits':" + deep + "}"))
        .isInstanceOf(MalformedEventException.class)
        .hasMessage("traits: nested too deep (allowed: 20 levels)");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1] | no JSON object",
        "{'userId':'7'} | type: missing or unknown",
        "{'type':'Track','userId':'7'} | type: missing or unknown",
        "{'type':'track','event':'E'} | userId and anonymousId: both missing",
        "{'type':'track','event':'E','userId':{}} | userId: neither a string nor a whole number",
        "{'type':'track','userId':'7'} | event: missing",
        "{'type':'track','event':'E','userId':'7','timestamp':'yesterday'} | timestamp: not an ISO",
        "{'type':'track','event':'E','userId':'7','properties':[]} | properties: no JSON object",
        "{'type':'identify','userId':'7','traits':3} | traits: no JSON object",
        "{'type':'track','event':'E','userId':'7' | not valid JSON",
        "{'type':'group','userId':'7'} | groupId: missing",
        "{'type':'alias','userId':'7'} | an alias needs both",
        "{'type':'alias','anonymousId':'a','previousId':'b'} | an alias needs both",
        "{'type':'track','event':'E','userId':'7','sentAt':'soon'} | sentAt: not an ISO",
        "{'type':'track','event':'E','userId':'7','context':[1]} | context: no JSON object",
        "{'type':'track','event':'E','userId':'7','context':{'traits':1}} | no JSON object",
        "{'type':'track','event':'E','userId':'null'} | blocked by the catalog"
      })
  void parse_malformed_saysWhichFieldAndWhatIsAllowed(String json, String reason) {
    assertThatThrownBy(() -> input(json))
        .isInstanceOf(MalformedEventException.class)
        .hasMessageContaining(reason);
  }
}
