package dev.attune.load.pipeline;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.standalone.client.AttuneClient;
import java.nio.file.Path;

/** What the bench defines for itself. */
final class Definitions {
  static final String JOINED = "bench-joined";
  static final String FREQUENT_BUYERS = "bench-frequent-buyers";
  static final String MODEL = "cdnow";

  private Definitions() {}

  /** As {@code POST /v1/definitions:apply} takes them. */
  static ObjectNode request(Receiver receiver, Path secret) {
    ObjectNode request = AttuneClient.JSON.createObjectNode();
    ArrayNode files = request.putArray("files");
    add(
        files,
        "catalog.yaml",
        """
        namespaces:
          user_id: {unique: true}
          anonymous_id: {max: 50}
        traits:
          %s: {type: integer}
        """
            .formatted(Plan.TRAIT));
    add(
        files,
        "audiences/bench-joined.yaml",
        """
        name: %s
        when: {event: %s, within: 1d}
        """
            .formatted(JOINED, Plan.JOINED));
    add(
        files,
        "audiences/bench-frequent-buyers.yaml",
        """
        name: %s
        description: At least 2 purchases within 30 days.
        when: {event: %s, count: ">= 2", within: 30d}
        """
            .formatted(FREQUENT_BUYERS, Cdnow.EVENT));
    add(
        files,
        "webhooks/bench-orders.yaml",
        """
        name: bench-orders
        url: http://%s%s
        secret: {file: "%s"}
        on:
          events: {names: [%s]}
        """
            .formatted(receiver.address(), Receiver.PATH, secret, Plan.ORDERED));
    return request;
  }

  /** The same with the model of the purchases. */
  static ObjectNode request(Receiver receiver, Path secret, Cdnow cdnow) {
    ObjectNode request = request(receiver, secret);
    add((ArrayNode) request.path("files"), "models/cdnow.yaml", cdnow.model());
    return request;
  }

  private static void add(ArrayNode files, String path, String text) {
    files.addObject().put("path", path).put("text", text);
  }
}
