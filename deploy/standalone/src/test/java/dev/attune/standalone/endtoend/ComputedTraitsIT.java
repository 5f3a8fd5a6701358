package dev.attune.standalone.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.Trait;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.testkit.Await;
import dev.attune.testkit.people.WebhookEndpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Traits that are computed from events: served like any other, and asked for by audiences. */
class ComputedTraitsIT {
  private static final Duration SOON = Duration.ofMinutes(1);
  private static final Identifier ADA = new Identifier("user_id", "ada");

  @TempDir private Path folder;

  private static void post(Standalone standalone, String path, String body) throws Exception {
    assertThat(Http.post(standalone.url() + "/v1/" + path, body.replace('\'', '"')).status())
        .isEqualTo(200);
  }

  private static Optional<Trait> trait(Lookups lookups, String name) {
    return lookups
        .find(ADA)
        .flatMap(p -> p.getTraitsList().stream().filter(t -> t.getName().equals(name)).findFirst());
  }

  private static boolean isKeen(Profile profile) {
    return profile.getAudiencesList().stream().anyMatch(m -> m.getAudience().equals("keen"));
  }

  @Test
  void traits_followEvents_areServed_andNobodyElseCanSayThem() throws Exception {
    try (WebhookEndpoint endpoint = WebhookEndpoint.start(1, 0);
        Standalone standalone =
            Standalone.start(
                StandaloneConfig.of(folder.resolve("data"))
                    .withPorts(StandaloneConfig.Ports.FREE)
                    .withWebhooksAllow(Set.of(endpoint.address())));
        Lookups lookups = new Lookups(standalone.ports().grpc())) {
      post(standalone, "track", "{'userId': 'ada', 'event': 'Order Completed', 'messageId': 'o1'}");
      post(standalone, "identify", "{'userId': 'ada', 'traits': {'orders_30d': 99}}");
      Await.until(SOON, "the fact is not there", () -> trait(lookups, "orders_30d").isPresent());

      Path definitions = folder.resolve("definitions");
      Attune.apply(
          standalone.url(),
          new Definitions(definitions)
              .withWebhook(endpoint, "transitions: all", "Refunded")
              .with(
                  "traits/orders_30d.yaml",
                  "name: orders_30d\nevent: Order Completed\ncount: true\nwithin: 30d\n")
              .with(
                  "traits/last_category.yaml",
                  """
                  name: last_category
                  event: Product Viewed
                  last: properties.category
                  type: string
                  within: 30d
                  """)
              .with("audiences/keen.yaml", "name: keen\nwhen: {trait: traits.orders_30d >= 2}\n")
              .with("views/page.yaml", "name: page\nversion: 1\ntraits: [orders_30d]\n"));
      // What happened before counts, and what was said does not.
      Await.until(
          SOON,
          "one order is not known",
          () ->
              trait(lookups, "orders_30d").filter(t -> t.getValue().getInteger() == 1).isPresent());
      post(
          standalone,
          "track",
          "{'userId': 'ada', 'event': 'Product Viewed', 'messageId': 'v1', 'properties': {'category': 'tea'}}");
      post(standalone, "track", "{'userId': 'ada', 'event': 'Order Completed', 'messageId': 'o2'}");
      post(standalone, "track", "{'userId': 'ada', 'event': 'Order Completed', 'messageId': 'o2'}");
      Await.until(
          SOON,
          "two orders make nobody keen",
          () -> lookups.find(ADA).filter(ComputedTraitsIT::isKeen).isPresent());
      Await.until(
          SOON,
          "the category is not known",
          () ->
              trait(lookups, "last_category")
                  .filter(t -> t.getValue().getText().equals("tea"))
                  .isPresent());
      Trait orders = trait(lookups, "orders_30d").orElseThrow();
      assertThat(orders.getValue().getInteger()).isEqualTo(2);
      assertThat(orders.getSource()).isEqualTo("computed");
      assertThat(orders.getUndeclared()).isFalse();
      assertThat(
              Http.post(
                      standalone.url() + "/v1/profiles:lookup",
                      "{\"identifier\": {\"namespace\": \"user_id\", \"value\": \"ada\"}, \"view\": \"page\"}")
                  .body()
                  .toString())
          .contains("orders_30d")
          .doesNotContain("last_category");
      // Audiences alone are told to webhooks.
      Await.until(SOON, "no webhook", () -> !endpoint.taken().isEmpty());
      assertThat(endpoint.taken()).hasSize(1);

      Files.delete(definitions.resolve("traits/orders_30d.yaml"));
      Attune.Answer refused =
          Attune.run(standalone.url(), "apply", definitions.toString(), "--prune", "--yes");
      assertThat(refused.output()).contains("the catalog declares no trait \"orders_30d\"");
      Files.delete(definitions.resolve("audiences/keen.yaml"));
      Files.delete(definitions.resolve("views/page.yaml"));
      Attune.Answer applied =
          Attune.run(standalone.url(), "apply", definitions.toString(), "--prune", "--yes");
      assertThat(applied.code()).as(applied.output()).isZero();
      // Then it is what somebody said of her.
      Await.until(
          SOON,
          "the fact does not show",
          () ->
              trait(lookups, "orders_30d")
                  .filter(t -> t.getValue().getInteger() == 99)
                  .isPresent());
    }
  }
}
