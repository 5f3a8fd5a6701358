package dev.attune.core.webhook;

import dev.attune.core.definition.Yaml;

/**
 * Where a secret of a webhook is. The secret itself never stands in a definition, which lives in
 * Git.
 */
public sealed interface SecretReference {
  /** How messages call it, e.g. {@code environment variable CRM_WEBHOOK_SECRET}. */
  String describe();

  /** An environment variable of the dispatcher's process. */
  record Environment(String variable) implements SecretReference {
    @Override
    public String describe() {
      return "environment variable " + variable;
    }
  }

  /** A file that the dispatcher can read; read again when it changes. */
  record File(String path) implements SecretReference {
    @Override
    public String describe() {
      return "file " + path;
    }
  }

  /**
   * One that Attune generated for this webhook, and keeps sealed beside the definitions.
   *
   * @param webhook its name
   */
  record Generated(String webhook) implements SecretReference {
    @Override
    public String describe() {
      return "generated secret of webhook " + webhook;
    }
  }

  /**
   * Reads {@code {env: VARIABLE}} or {@code {file: PATH}}.
   *
   * @throws dev.attune.core.definition.DefinitionException that says where and what is wrong, and
   *     does not repeat what may be the secret itself
   */
  static SecretReference parse(Yaml yaml) {
    String form = "(allowed: {env: VARIABLE} or {file: PATH})";
    String inGit = "the secret itself must not stand in a definition; say where it is " + form;
    if (!yaml.isMapping()) {
      throw yaml.error(inGit);
    }
    yaml.keys("env", "file");
    if (yaml.has("env") == yaml.has("file")) {
      throw yaml.error("the secret is in one place " + form);
    }
    if (yaml.has("env")) {
      Yaml env = yaml.get("env");
      String variable = env.text();
      // What does not look like a variable may be the secret: it is not repeated.
      if (isSecret(variable) || !variable.matches("[A-Za-z_][A-Za-z0-9_]{0,127}")) {
        throw env.error(
            "not the name of an environment variable (allowed: letters, digits and _, at most 128)");
      }
      return new Environment(variable);
    }
    Yaml file = yaml.get("file");
    String path = file.text();
    if (path.isBlank() || path.length() > 4_096 || path.indexOf('\0') >= 0) {
      throw file.error("not the path of a file");
    }
    if (isSecret(path)) {
      throw file.error(inGit);
    }
    return new File(path);
  }

  private static boolean isSecret(String text) {
    return text.startsWith("whsec_") || text.startsWith("whsk_");
  }
}
