package dev.attune.standalone.up;

import dev.attune.standalone.Standalone;
import dev.attune.standalone.StoreConfig;
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
        store(standalone),
        "  data   " + standalone.data().path(),
        "  log    " + standalone.data().log());
  }

  private static String store(Standalone standalone) {
    return switch (standalone.store()) {
      case StoreConfig.OwnRedis _ -> "  Redis  127.0.0.1:" + standalone.ports().redis();
      case StoreConfig.Redis redis -> "  Redis  " + String.join(", ", redis.servers());
      case StoreConfig.Dynamodb dynamo -> "  store  DynamoDB in " + dynamo.region();
      case StoreConfig.Memory _ ->
          "  store  this process' memory, filled from the log at each start";
    };
  }

  /** How client commands name this system: nothing when it is where they look anyway. */
  public static String serverOption(Standalone standalone) {
    return standalone.url().equals("http://127.0.0.1:8080") ? "" : " --server " + standalone.url();
  }
}
