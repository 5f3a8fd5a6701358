package dev.attune.standalone.up;

import dev.attune.standalone.Standalone;
import java.util.List;

/** Says where a running system can be reached, in words that can be copied. */
public final class WhereToLook {
  private WhereToLook() {}

  /** A line each. */
  public static List<String> lines(Standalone standalone) {
    var ports = standalone.ports();
    return List.of(
        "Attune is up.",
        "  HTTP   " + standalone.url() + "   lookups, events, /health/ready, /metrics",
        "  gRPC   " + standalone.host() + ":" + ports.grpc() + "   attune.v1.ProfileService",
        "  Kafka  127.0.0.1:" + ports.kafka(),
        "  Redis  127.0.0.1:" + ports.redis(),
        "  data   " + standalone.data().path(),
        "  log    " + standalone.data().log());
  }

  /** How client commands name this system: nothing when it is where they look anyway. */
  public static String serverOption(Standalone standalone) {
    return standalone.url().equals("http://127.0.0.1:8080") ? "" : " --server " + standalone.url();
  }
}
