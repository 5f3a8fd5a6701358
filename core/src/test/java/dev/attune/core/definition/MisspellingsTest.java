package dev.attune.core.definition;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.proto.v1.Definition;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class MisspellingsTest {
  private static final Definition BUYERS =
      definition("audience", "buyers", "when: {event: Order Completed, within: 30d}");
  private static final Definition CATALOG =
      definition("catalog", "catalog", "namespaces: {user_id: {unique: true}}");

  private static Definition definition(String kind, String id, String yaml) {
    String name = kind.equals("catalog") ? "" : "name: " + id + "\n";
    return Definition.newBuilder()
        .setKind(kind)
        .setId(id)
        .setVersion(1)
        .setPath(kind.equals("catalog") ? "catalog.yaml" : kind + "s/" + id + ".yaml")
        .setYaml(name + yaml)
        .build();
  }

  private static Definition asking(String event) {
    return definition("audience", "asking", "when: {event: " + event + ", within: 30d}");
  }

  /** What is said of the first one, beside the others. */
  private static List<String> warnings(Definition written, Definition... others) {
    List<Definition> all = new ArrayList<>(List.of(others));
    all.add(written);
    return Misspellings.warnings(Definitions.parse(all), List.of(written));
  }

  private static void assertMeant(String name, Definition written, Definition... others) {
    assertThat(warnings(written, others))
        .as(written.getYaml())
        .singleElement()
        .asString()
        .endsWith("; did you mean \"" + name + "\"?");
  }

  // It would be accepted, backfilled, and stay empty for ever.
  @Test
  void eventThatNobodyElseKnows_isNamed_withItsPlaceAndTheNearest() {
    assertThat(
            warnings(
                definition(
                    "audience",
                    "asking",
                    """
                    when:
                      any:
                        - {event: Order Completed, within: 1d}
                        - not: {event: Order Compelted, within: 30d}
                    """),
                BUYERS))
        .containsExactly(
            "audiences/asking.yaml:5:20: no other definition knows the event \"Order Compelted\";"
                + " did you mean \"Order Completed\"?");
  }

  @Test
  void eventsOfSequences_theirExceptions_oneEventAndComputedTraits_areLookedAt() {
    assertMeant(
        "Order Completed",
        definition(
            "audience",
            "asking",
            "when: {sequence: [{event: Page Viewed}, {event: OrderCompleted}], within: 1d}"),
        BUYERS);
    assertMeant(
        "Order Completed",
        definition(
            "audience",
            "asking",
            """
            when:
              sequence: [{event: Page Viewed}, {event: Screen Viewed}]
              without: [{event: order completed}]
              within: 1d
            """),
        BUYERS);
    for (String what : List.of("last: 'true'", "first: 'true'", "sum: properties.total > 1")) {
      assertMeant(
          "Order Completed",
          definition(
              "audience", "asking", "when: {event: Order Complete, within: 1d, " + what + "}"),
          BUYERS);
    }
    assertMeant(
        "Order Completed",
        definition("trait", "orders", "event: Ordr Completed\ncount: true\nwithin: 1d"),
        BUYERS);
  }

  @Test
  void names_areKnownFromSchemasModelsStreamsWebhooksAndTheCollector() {
    assertMeant(
        "Trial Begun",
        asking("Trial Begunn"),
        definition("event", "trial", "event: Trial Begun\nschema: {}"));
    assertMeant(
        "Order Shipped",
        asking("Order Shiped"),
        CATALOG,
        definition(
            "model",
            "orders",
            """
            kind: events
            source: {files: a.csv, format: csv}
            event: {user_id: id, name: Order Shipped, time: at}
            """));
    assertMeant(
        "Seat Added",
        asking("Saet Added"),
        definition(
            "stream",
            "seats",
            """
            topic: seats
            format: json
            call: track
            event: Seat Added
            identifiers: {user_id: id}
            """));
    assertMeant(
        "Seat Added",
        asking("Seat Aded"),
        definition(
            "webhook",
            "crm",
            """
            url: https://crm.example.com/hooks
            secret: {env: CRM_SECRET}
            on: {events: {names: [Seat Added]}}
            """));
    assertMeant("Page Viewed", asking("Page View"));
    assertMeant("Screen Viewed", asking("Screen Veiwed"));
  }

  // A warning that is mostly wrong is read by nobody.
  @Test
  void nothingIsSaid_ofWhatOthersKnowToo_ofWhatIsNearToNothing_andOfNeighbours() {
    assertThat(warnings(asking("Order Completed"), BUYERS)).isEmpty();
    assertThat(warnings(asking("Trial Begun"), BUYERS)).isEmpty();
    List<String> neighbours =
        List.of(
            "Signed In", "Signed Up",
            "Product Added", "Product Viewed",
            "Order Completed", "Order Cancelled",
            "Cart Viewed", "Page Viewed",
            "Video Played", "Video Paused",
            "Step 1 Completed", "Step 2 Completed");
    for (String name : neighbours) {
      for (String other : neighbours) {
        assertThat(
                warnings(
                    asking(name),
                    definition("audience", "other", "when: {event: " + other + ", within: 1d}")))
            .as("%s beside %s", name, other)
            .isEmpty();
      }
    }
  }

  @Test
  void whatIsNotWritten_isNotLookedAt() {
    List<Definition> all = List.of(asking("Order Compelted"), BUYERS);
    assertThat(Misspellings.warnings(Definitions.parse(all), List.of(BUYERS)))
        .as("what others may have misspelt is known, too")
        .singleElement()
        .asString()
        .startsWith("audiences/buyers.yaml:2:15: ");
    Definition settled = definition("event", "order", "event: Order Completed\nschema: {}");
    assertThat(
            Misspellings.warnings(
                Definitions.parse(List.of(asking("Order Compelted"), BUYERS, settled)),
                List.of(BUYERS)))
        .isEmpty();
  }

  @Test
  void purposeThatNobodyElseKnows_isNamed() {
    Definition consents =
        definition(
            "model",
            "consents",
            """
            kind: consent
            source: {files: a.csv, format: csv}
            key: {namespace: user_id, column: id}
            purposes: {marketing: marketing_ok}
            """);
    Definition written =
        definition(
            "audience", "asking", "consent: marketting\nwhen: {event: Page Viewed, within: 1d}");
    assertThat(warnings(written, CATALOG, consents))
        .containsExactly(
            "audiences/asking.yaml:2:10: no other definition knows the purpose \"marketting\"; did"
                + " you mean \"marketing\"?");
    assertMeant(
        "marketing",
        written,
        definition(
            "audience", "other", "consent: marketing\nwhen: {event: Page Viewed, within: 1d}"));
    assertMeant(
        "marketing",
        definition(
            "model",
            "churn",
            """
            kind: audience
            source: {files: a.csv, format: csv}
            key: {namespace: user_id, column: id}
            consent: marketng
            """),
        CATALOG,
        consents);
    assertThat(warnings(written)).as("near to nothing").isEmpty();
  }

  // Whoever applies waits for it.
  @Test
  void tooManyNames_endTheLook_andThatIsSaid() {
    List<Definition> all = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      all.add(definition("audience", "a" + i, "when: {event: Seen " + i + ", within: 1d}"));
    }
    assertThat(Misspellings.warnings(Definitions.parse(all), all))
        .singleElement()
        .asString()
        .endsWith(
            ":1:1: from here on names were not looked at for slips: there are too many that only one"
                + " definition has");
  }

  @Test
  void slips_areLettersThatChangedPlacesToo_oneInEverySix() {
    assertThat(Nearest.bySlip("Pruchase", List.of("Purchase"))).contains("Purchase");
    assertThat(Nearest.bySlip("Purchse", List.of("Purchase"))).contains("Purchase");
    assertThat(Nearest.bySlip("Pruchse", List.of("Purchase"))).isEmpty();
    assertThat(Nearest.bySlip("order-compelted", List.of("Order Completed")))
        .contains("Order Completed");
    assertThat(Nearest.bySlip("x".repeat(201), Collections.nCopies(2, "x".repeat(200)))).isEmpty();
  }
}
