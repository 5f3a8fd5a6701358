package dev.attune.standalone.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.standalone.DataDir;
import dev.attune.standalone.Standalone;
import dev.attune.standalone.StandaloneConfig;
import dev.attune.standalone.client.AttuneClient;
import dev.attune.standalone.client.DefinitionFolder;
import dev.attune.standalone.client.ModelRefresh;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Progress;
import dev.attune.standalone.terminal.Terminal;
import dev.attune.standalone.up.Starting;
import dev.attune.standalone.up.UntilSignal;
import dev.attune.standalone.up.WhereToLook;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** The shop around the system: its warehouse, its visitors, and its CRM that hears of webhooks. */
final class Demo {
  private static final String MODEL = "customers";
  private static final Duration LINE_EVERY = Duration.ofSeconds(1);
  private static final Duration PLAIN_LINE_EVERY = Duration.ofSeconds(10);
  // As they stand in definitions/webhooks/shop-crm.yaml.
  private static final String SAMPLE_URL = "https://crm.example.com/hooks/attune";
  private static final String SAMPLE_SECRET = "{env: SHOP_CRM_SECRET}";

  private final Terminal terminal;
  private final Shop shop;
  private final int rate;
  private final Duration length;
  private final Path definitions;

  /**
   * @param rate live events per second
   * @param length of the live events
   */
  Demo(Terminal terminal, Shop shop, int rate, Duration length, Path definitions) {
    this.terminal = terminal;
    this.shop = shop;
    this.rate = rate;
    this.length = length;
    this.definitions = definitions;
  }

  /** Runs for its length, or until it is interrupted. */
  void run(StandaloneConfig config, DataDir data) throws InterruptedException {
    Path warehouse = data.path().resolve("warehouse");
    Path secretFile = data.path().resolve("webhook-secret");
    String secret = WebhookReceiver.newSecret();
    try (WebhookReceiver receiver = WebhookReceiver.start(secret, InstantSource.system())) {
      Files.createDirectories(warehouse);
      Files.writeString(secretFile, secret);
      fill(warehouse.resolve("customers.parquet"));
      StandaloneConfig withShop =
          config
              .withModelsRoot(warehouse)
              .withWebhooksAllow(Set.of("127.0.0.1:" + receiver.port()));
      try (Standalone standalone = Starting.start(withShop, data, terminal);
          AttuneClient attune = new AttuneClient(standalone.url())) {
        publish(attune, receiver, secretFile);
        if (!new ModelRefresh(attune, terminal).run(MODEL)) {
          throw new Complaint("the shop's customers could not be loaded.");
        }
        try (EventReplay replay =
            EventReplay.start(URI.create(standalone.url()), new Visits(shop), rate)) {
          sayWhereToLook(standalone);
          watch(attune, replay, receiver);
        }
      }
    } catch (IOException e) {
      throw new Complaint("the demo's files cannot be written (" + e.getMessage() + ").", e);
    }
  }

  private void fill(Path file) {
    try (Progress progress =
        terminal.progress("Making up customers", shop.customers(), "customers")) {
      Warehouse.write(shop, file, progress::at);
    } catch (SQLException e) {
      throw new Complaint("the shop's warehouse cannot be written (" + e.getMessage() + ").", e);
    }
  }

  private void publish(AttuneClient attune, WebhookReceiver receiver, Path secretFile)
      throws InterruptedException {
    String url = "http://127.0.0.1:" + receiver.port() + "/hooks/attune";
    ObjectNode request =
        DefinitionFolder.read(
            definitions,
            text ->
                text.replace(SAMPLE_URL, url)
                    .replace(SAMPLE_SECRET, "{file: \"" + secretFile + "\"}"));
    JsonNode applied = attune.post(DefinitionFolder.PATH, request).orComplain();
    terminal.note("Published " + applied.path("added").size() + " definitions.");
  }

  private void sayWhereToLook(Standalone standalone) {
    WhereToLook.lines(standalone).forEach(terminal::result);
    Customer known = shop.customer(Math.min(42, shop.customers()));
    String server = WhereToLook.serverOption(standalone);
    List.of(
            "",
            "Try, in another terminal:",
            "  ./attune lookup user_id:" + known.userId() + server,
            "  ./attune lookup email:" + known.email() + server,
            "  curl -s " + standalone.url() + "/v1/profiles/user_id:" + known.userId(),
            "  ./attune status" + server,
            "  curl -s " + standalone.url() + "/metrics | grep ^attune_",
            "",
            rate + " events a second are on their way. Ctrl-C stops it.")
        .forEach(terminal::result);
  }

  private void watch(AttuneClient attune, EventReplay replay, WebhookReceiver receiver) {
    Duration every = terminal.interactive() ? LINE_EVERY : PLAIN_LINE_EVERY;
    long end = System.nanoTime() + length.toNanos();
    try {
      while (System.nanoTime() < end) {
        TimeUnit.MILLISECONDS.sleep(every.toMillis());
        JsonNode status = attune.get("/v1/status").body();
        terminal.move(line(status, replay, receiver));
      }
    } catch (InterruptedException e) {
      // This is how it is asked to end.
    }
    UntilSignal.stopping(terminal);
  }

  private static String line(JsonNode status, EventReplay replay, WebhookReceiver receiver) {
    var line =
        new StringBuilder()
            .append("events ")
            .append(replay.accepted())
            .append(" | audiences: ")
            .append(of(status, "audience-evaluator", "entered"))
            .append(" entered, ")
            .append(of(status, "audience-evaluator", "exited"))
            .append(" left | webhooks verified ")
            .append(receiver.verified());
    if (receiver.refused() > 0) {
      line.append(", refused ").append(receiver.refused());
    }
    if (replay.refused() > 0) {
      line.append(" | events not taken ").append(replay.refused());
    }
    return line.toString();
  }

  private static String of(JsonNode status, String part, String label) {
    for (JsonNode each : status.path("parts")) {
      if (each.path("name").asText().equals(part)) {
        return each.path("status").path(label).asText();
      }
    }
    return "";
  }
}
