package dev.attune.standalone.endtoend;

import dev.attune.testkit.people.WebhookEndpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder of definitions. */
record Definitions(Path folder) {
  /** With a file more, or another text in it. */
  Definitions with(String path, String text) {
    try {
      Path file = folder.resolve(path);
      Files.createDirectories(file.getParent());
      Files.writeString(file, text);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** With a webhook to an endpoint, whose secret lies in a file beside the definitions. */
  Definitions withWebhook(WebhookEndpoint endpoint, String transitions, String event) {
    Path secret = folder.resolve("webhook.secret").toAbsolutePath();
    return with("webhook.secret", endpoint.secret())
        .with(
            "webhooks/end-to-end.yaml",
            """
            name: end-to-end
            url: http://%s/hook
            secret: {file: %s}
            on:
              %s
              events: {names: [%s]}
            timeout: 1s
            """
                .formatted(endpoint.address(), secret, transitions, event));
  }
}
