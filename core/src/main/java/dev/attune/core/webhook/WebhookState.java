package dev.attune.core.webhook;

import dev.attune.core.definition.Yaml;
import java.time.Instant;
import java.util.List;

/**
 * Whether a webhook is delivered to, as operators and its endpoint decided. It stands beside the
 * definitions, where every process reads it; no file holds it.
 *
 * @param since when it became so; the epoch, when nobody ever said anything
 * @param reason why it is disabled, in a few words without personal values; else empty
 * @param failingSince since when nothing but failure is known; {@link Instant#MAX} when it is not
 */
public record WebhookState(Status status, Instant since, String reason, Instant failingSince) {
  /** What is done with deliveries. */
  public enum Status {
    /** They are sent. */
    ACTIVE("active"),
    /** They wait, because an operator wants it so. */
    PAUSED("paused"),
    /** They wait, because the endpoint has gone or does nothing but fail. */
    DISABLED("disabled");

    private final String label;

    Status(String label) {
      this.label = label;
    }

    /** In lower case, as it is shown and kept. */
    public String label() {
      return label;
    }

    private static Status of(String label) {
      return List.of(values()).stream()
          .filter(status -> status.label.equals(label))
          .findFirst()
          .orElseThrow();
    }
  }

  /** Of a webhook of which nobody said anything yet. */
  public static final WebhookState INITIAL =
      new WebhookState(Status.ACTIVE, Instant.EPOCH, "", Instant.MAX);

  public boolean isActive() {
    return status == Status.ACTIVE;
  }

  /** Whether nothing but failure has been known for a while. */
  public boolean isFailing() {
    return failingSince.isBefore(Instant.MAX);
  }

  /** Paused from now on. What is not active stays as it is. */
  public WebhookState paused(Instant now) {
    return isActive() ? new WebhookState(Status.PAUSED, now, "", Instant.MAX) : this;
  }

  /** Active from now on, with a clean record. */
  public WebhookState resumed(Instant now) {
    return isActive() ? this : new WebhookState(Status.ACTIVE, now, "", Instant.MAX);
  }

  /** Disabled from now on. What is not active stays as it is. */
  public WebhookState disabled(String reason, Instant now) {
    return isActive() ? new WebhookState(Status.DISABLED, now, reason, Instant.MAX) : this;
  }

  /** Known to do nothing but fail, unless that is known already or it is not active. */
  public WebhookState failing(Instant since) {
    return isActive() && !isFailing() ? new WebhookState(status, this.since, reason, since) : this;
  }

  /** Not failing any more. */
  public WebhookState well() {
    return new WebhookState(status, since, reason, Instant.MAX);
  }

  /**
   * Reads what {@link #yaml} wrote.
   *
   * @throws dev.attune.core.definition.DefinitionException when it is something else
   */
  public static WebhookState parse(Yaml yaml) {
    yaml.keys("state", "since", "reason", "failing_since");
    return new WebhookState(
        Status.of(
            yaml.get("state").oneOf(List.of(Status.values()).stream().map(Status::label).toList())),
        yaml.get("since").instant(),
        yaml.find("reason").map(Yaml::text).orElse(""),
        yaml.find("failing_since").map(Yaml::instant).orElse(Instant.MAX));
  }

  /** As it is kept. */
  public String yaml() {
    StringBuilder yaml = new StringBuilder();
    yaml.append("state: ").append(status.label).append("\nsince: ").append(since).append('\n');
    if (!reason.isEmpty()) {
      // In single quotes YAML knows one escape.
      yaml.append("reason: '").append(reason.replace("'", "''")).append("'\n");
    }
    if (isFailing()) {
      yaml.append("failing_since: ").append(failingSince).append('\n');
    }
    return yaml.toString();
  }
}
