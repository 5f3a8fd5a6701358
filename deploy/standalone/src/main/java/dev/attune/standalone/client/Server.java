package dev.attune.standalone.client;

import picocli.CommandLine.Option;

/** The option that all client commands share. */
final class Server {
  static final String DEFAULT = "http://127.0.0.1:8080";

  @Option(
      names = "--server",
      paramLabel = "URL",
      description = "The Attune to speak to; ${DEFAULT-VALUE} unless given.")
  private String url = DEFAULT;

  AttuneClient connect() {
    return new AttuneClient(url);
  }
}
