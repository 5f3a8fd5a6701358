package dev.attune.core.webhook;

import dev.attune.core.definition.Yaml;
import java.util.Optional;

/**
 * How an endpoint and its sender show each other who they are, beyond what every https connection
 * does. All of it is PEM, of files or environment variables.
 *
 * @param certificate that the sender shows, first its own and then those that lead to its authority
 * @param key of the certificate; there is one when there is a certificate
 * @param authorities that sign the endpoint's certificate, instead of the platform's
 */
public record EndpointTls(
    Optional<SecretReference> certificate,
    Optional<SecretReference> key,
    Optional<SecretReference> authorities) {
  /** As every https connection. */
  public static final EndpointTls PLATFORM =
      new EndpointTls(Optional.empty(), Optional.empty(), Optional.empty());

  /**
   * Reads {@code tls} of a webhook.
   *
   * @param secure whether its url is https
   */
  static EndpointTls parse(Yaml webhook, boolean secure) {
    return webhook.find("tls").map(yaml -> parsed(yaml, secure)).orElse(PLATFORM);
  }

  private static EndpointTls parsed(Yaml yaml, boolean secure) {
    yaml.keys("certificate", "key", "authorities");
    if (!secure) {
      throw yaml.error("tls is for a url that begins with https://");
    }
    if (yaml.has("certificate") != yaml.has("key")) {
      throw yaml.error("a certificate needs its key, and a key its certificate");
    }
    if (!yaml.has("certificate") && !yaml.has("authorities")) {
      throw yaml.error("expected a certificate and its key, or authorities, or all of them");
    }
    return new EndpointTls(
        yaml.find("certificate").map(SecretReference::parse),
        yaml.find("key").map(SecretReference::parse),
        yaml.find("authorities").map(SecretReference::parse));
  }
}
