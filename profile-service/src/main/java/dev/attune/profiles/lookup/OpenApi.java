package dev.attune.profiles.lookup;

import dev.attune.platform.http.Json;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The OpenAPI document of the lookups, at {@code GET /openapi}: YAML as it is written, or JSON for
 * who accepts that first.
 */
final class OpenApi {
  private static final Header YAML =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/yaml");
  private static final Header JSON =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/json");

  private final byte[] yaml;
  private final byte[] json;

  private OpenApi(byte[] yaml, byte[] json) {
    this.yaml = yaml;
    this.json = json;
  }

  static OpenApi load() {
    try (InputStream in = OpenApi.class.getResourceAsStream("/attune-openapi.yaml")) {
      if (in == null) {
        throw new IllegalStateException("the OpenAPI document is not in the jar");
      }
      byte[] yaml = in.readAllBytes();
      Object document =
          new Load(LoadSettings.builder().setLabel("OpenAPI").build())
              .loadFromString(new String(yaml, StandardCharsets.UTF_8));
      return new OpenApi(yaml, Json.mapper().writeValueAsBytes(document));
    } catch (IOException e) {
      throw new UncheckedIOException("the OpenAPI document cannot be read", e);
    }
  }

  void get(ServerRequest request, ServerResponse response) {
    String accept = String.join(",", request.headers().values(HeaderNames.ACCEPT));
    int asJson = accept.indexOf("json");
    int asYaml = accept.indexOf("yaml");
    boolean wantsJson = asJson >= 0 && (asYaml < 0 || asJson < asYaml);
    response.header(HeaderNames.VARY, "Accept");
    response.header(wantsJson ? JSON : YAML).send(wantsJson ? json : yaml);
  }
}
