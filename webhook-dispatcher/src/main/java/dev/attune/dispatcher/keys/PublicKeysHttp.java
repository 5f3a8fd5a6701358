package dev.attune.dispatcher.keys;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.attune.core.webhook.WebhookDefinition;
import dev.attune.dispatcher.send.Ed25519Key;
import dev.attune.dispatcher.send.Secrets;
import dev.attune.dispatcher.send.Signatures;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.http.HttpProblem;
import dev.attune.platform.http.Replies;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;

/**
 * {@code GET /.well-known/webhooks/{name}/jwks.json}: with which keys a webhook's {@code v1a}
 * signatures are verified, as a JSON Web Key Set (RFC 7517, 8037), the present key first. Beside
 * the key as JWK has it each entry says it as {@code whpk}, which Svix calls it, and as {@code
 * spki}, the base64 of X.509's form, which a PEM file holds.
 *
 * <p>Of one webhook, by its name: a subscriber learns nothing of the others.
 */
public final class PublicKeysHttp implements Consumer<HttpRouting.Builder> {
  // Of the overlap of two keys a cache takes so much away.
  private static final String CACHED = "public, max-age=300";

  private final DefinitionsSource definitions;
  private final Signatures signatures;
  private final InstantSource clock;

  public PublicKeysHttp(DefinitionsSource definitions, Signatures signatures, InstantSource clock) {
    this.definitions = definitions;
    this.signatures = signatures;
    this.clock = clock;
  }

  @Override
  public void accept(HttpRouting.Builder http) {
    http.get("/.well-known/webhooks/{name}/jwks.json", this::reply);
  }

  private void reply(ServerRequest request, ServerResponse response) {
    String name = request.path().pathParameters().get("name");
    WebhookDefinition webhook = definitions.current().webhooks().get(name);
    List<Ed25519Key> keys = webhook == null ? List.of() : keys(webhook);
    if (keys.isEmpty()) {
      // Whether there is such a webhook is not said.
      throw HttpProblem.notFound("there is no such public key");
    }
    response.header(HeaderNames.CACHE_CONTROL, CACHED);
    Replies.json(response, 200, json -> write(json, keys));
  }

  private List<Ed25519Key> keys(WebhookDefinition webhook) {
    try {
      return signatures.ed25519(webhook, clock.instant());
    } catch (Secrets.SecretException e) {
      // Which variable or file it is concerns the operator, whom status tells.
      throw HttpProblem.unavailable("the webhook's keys cannot be read at present");
    }
  }

  private static void write(JsonGenerator json, List<Ed25519Key> keys) throws IOException {
    json.writeStartObject();
    json.writeArrayFieldStart("keys");
    for (Ed25519Key key : keys) {
      json.writeStartObject();
      json.writeStringField("kty", "OKP");
      json.writeStringField("crv", "Ed25519");
      json.writeStringField("alg", "EdDSA");
      json.writeStringField("use", "sig");
      json.writeStringField(
          "x", Base64.getUrlEncoder().withoutPadding().encodeToString(key.publicKey()));
      json.writeStringField("whpk", "whpk_" + Base64.getEncoder().encodeToString(key.publicKey()));
      json.writeStringField("spki", Base64.getEncoder().encodeToString(key.spki()));
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
