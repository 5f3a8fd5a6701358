package dev.attune.core.webhook;

import dev.attune.core.definition.Yaml;
import java.time.Instant;
import java.util.List;

/**
 * Whether a webhook is delivered to, as operators and its endpoint decided. It stands beside the
 * definitions, where every process reads it; no file holds it.
 *
 * @param since when it became so; the epoch, when nobody ever said anything
 * @param reason why it is disabled or held, in a few words without personal values; else empty
 * @param failingSince since when nothing but failure is known; {@link Instant#MAX} when it is not
 * @param run what it is held because of, or was when it was released the last time; else empty
 */
public record WebhookState(
    Status status, Instant since, String reason, Instant failingSince, String run) {
  /** What is done with deliveries. */
  public enum Status {
    /** They are sent. */
    ACTIVE("active"),
    /** They wait, because an operator wants it so. */
    PAUSED("paused"),
    /** They wait, because the endpoint has gone or does nothing but fail. */
    DISABLED("disabled"),
    /** They wait, because one run moved more of an audience than may be without a look. */
    HELD("held");

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
      new WebhookState(Status.ACTIVE, Instant.EPOCH, "", Instant.MAX, "");

  public boolean isActive() {
    return status == Status.ACTIVE;
  }

  /** Whether nothing but failure has been known for a while. */
  public boolean isFailing() {
    return failingSince.isBefore(Instant.MAX);
  }

  /** Paused from now on. What is not active stays as it is. */
  public WebhookState paused(Instant now) {
    return isActive() ? new WebhookState(Status.PAUSED, now, "", Instant.MAX, run) : this;
  }

  /** Active from now on, with a clean record. What is held stays so: it is to be released. */
  public WebhookState resumed(Instant now) {
    return status == Status.PAUSED || status == Status.DISABLED
        ? new WebhookState(Status.ACTIVE, now, "", Instant.MAX, run)
        : this;
  }

  /**
   * Held from now on, because of a run. What is not active stays as it is, and so does what was
   * released after the same run.
   *
   * @param run says which one it is, in one word
   */
  public WebhookState held(String run, String reason, Instant now) {
    return isActive() && !this.run.equals(run)
        ? new WebhookState(Status.HELD, now, reason, Instant.MAX, run)
        : this;
  }

  /** Active from now on, whatever the same run still moves. What is not held stays as it is. */
  public WebhookState released(Instant now) {
    return status == Status.HELD
        ? new WebhookState(Status.ACTIVE, now, "", Instant.MAX, run)
        : this;
  }

  /** Disabled from now on. What is not active stays as it is. */
  public WebhookState disabled(String reason, Instant now) {
    return isActive() ? new WebhookState(Status.DISABLED, now, reason, Instant.MAX, run) : this;
  }

  /** Known to do nothing but fail, unless that is known already or it is not active. */
  public WebhookState failing(Instant since) {
    return isActive() && !isFailing()
        ? new WebhookState(status, this.since, reason, since, run)
        : this;
  }

  /** Not failing any more. */
  public WebhookState well() {
    return new WebhookState(status, since, reason, Instant.MAX, run);
  }

  /**
   * Reads what {@link #yaml} wrote.
   *
   * @throws dev.attune.core.definition.DefinitionException when it is something else
   */
  public static WebhookState parse(Yaml yaml) {
    yaml.keys("state", "since", "reason", "failing_since", "run");
    return new WebhookState(
        Status.of(
            yaml.get("state").oneOf(List.of(Status.values()).stream().map(Status::label).toList())),
        yaml.get("since").instant(),
        yaml.find("reason").map(Yaml::text).orElse(""),
        yaml.find("failing_since").map(Yaml::instant).orElse(Instant.MAX),
        yaml.find("run").map(Yaml::text).orElse(""));
  }

  /** As it is kept. */
  public String yaml() {
    StringBuilder yaml = new StringBuilder();
    yaml.append("state: ").append(status.label).append("\nsince: ").append(since).append('\n');
    append(yaml, "reason", reason);
    append(yaml, "run", run);
    if (isFailing()) {
      yaml.append("failing_since: ").append(failingSince).append('\n');
    }
    return yaml.toString();
  }

  private static void append(StringBuilder yaml, String key, String text) {
    if (!text.isEmpty()) {
      // In single quotes YAML knows one escape.
      yaml.append(key).append(": '").append(text.replace("'", "''")).append("'\n");
    }
  }
}
