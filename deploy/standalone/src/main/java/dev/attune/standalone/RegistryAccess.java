package dev.attune.standalone;

import dev.attune.core.definition.Yaml;
import dev.attune.core.model.Credential;
import dev.attune.refresher.stream.RegistryConfig;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where schemas of streams are, {@code schema_registry: {url, user, password: {env: NAME}}} or
 * {@code {file: PATH}}; read once, at the start.
 */
final class RegistryAccess {
  private static final int FILE_BYTES_MAX = 1_024;

  private RegistryAccess() {}

  static RegistryConfig parse(Yaml yaml, Path folder) {
    yaml.keys("url", "user", "password");
    try {
      return new RegistryConfig(
          new URI(yaml.get("url").text()),
          yaml.find("user").map(Yaml::text).orElse(""),
          yaml.find("password").map(password -> secret(password, folder)).orElse(""));
    } catch (URISyntaxException e) {
      throw yaml.get("url").error("not a URL (allowed: http or https, a host, a port and a path)");
    } catch (IllegalArgumentException e) {
      throw yaml.error(String.valueOf(e.getMessage()));
    }
  }

  private static String secret(Yaml yaml, Path folder) {
    return switch (Credential.reference(yaml, "the password of a schema registry")) {
      case Credential.Environment reference -> {
        String value = System.getenv(reference.variable());
        if (value == null || value.isEmpty()) {
          throw yaml.error("the environment variable " + reference.variable() + " is not set");
        }
        yield value;
      }
      case Credential.File reference -> read(yaml, folder.resolve(reference.path()).normalize());
      case Credential.Plain plain -> plain.text();
    };
  }

  private static String read(Yaml yaml, Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(FILE_BYTES_MAX), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw yaml.error("the file of the password of a schema registry cannot be read");
    }
  }
}
