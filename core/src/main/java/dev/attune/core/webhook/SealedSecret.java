package dev.attune.core.webhook;

import dev.attune.core.definition.Yaml;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * A generated signing secret of a webhook as it is kept: encrypted.
 *
 * @param key id of the key that it is encrypted with
 * @param sealed base64 of what only that key opens
 * @param since when it was generated
 * @param until it is not used any more from then on; {@link Instant#MAX} when it has no end
 */
public record SealedSecret(
    SigningSecret.Scheme scheme, String key, String sealed, Instant since, Instant until) {
  /** Whether deliveries are signed with it at this time. */
  public boolean isUsedAt(Instant now) {
    return now.isBefore(until);
  }

  /** The same, with an end, unless it has an earlier one. */
  public SealedSecret endedAt(Instant end) {
    return end.isBefore(until) ? new SealedSecret(scheme, key, sealed, since, end) : this;
  }

  /**
   * Reads what {@link #yaml} wrote.
   *
   * @throws dev.attune.core.definition.DefinitionException when it is something else
   */
  public static List<SealedSecret> parse(Yaml yaml) {
    return yaml.keys("secrets").get("secrets").items().stream().map(SealedSecret::one).toList();
  }

  private static SealedSecret one(Yaml yaml) {
    yaml.keys("scheme", "key", "sealed", "since", "until");
    List<SigningSecret.Scheme> schemes = List.of(SigningSecret.Scheme.values());
    String label =
        yaml.get("scheme").oneOf(schemes.stream().map(SigningSecret.Scheme::label).toList());
    return new SealedSecret(
        schemes.stream().filter(scheme -> scheme.label().equals(label)).findFirst().orElseThrow(),
        yaml.get("key").text(),
        yaml.get("sealed").text(),
        yaml.get("since").instant(),
        yaml.find("until").map(Yaml::instant).orElse(Instant.MAX));
  }

  /** All of a webhook, as they are kept. */
  public static String yaml(List<SealedSecret> secrets) {
    StringBuilder yaml = new StringBuilder("secrets:\n");
    for (SealedSecret secret : secrets) {
      Stream.of(
              "- scheme: " + secret.scheme.label(),
              "  key: '" + secret.key + "'",
              "  sealed: " + secret.sealed,
              "  since: " + secret.since,
              secret.until.equals(Instant.MAX) ? "" : "  until: " + secret.until)
          .filter(line -> !line.isEmpty())
          .forEach(line -> yaml.append(line).append('\n'));
    }
    return yaml.toString();
  }
}
