package dev.attune.store.dynamodb;

import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** A client with its connections, and the bounds on what uses them. */
record Connections(DynamoDbClient client, Lane lane, Requests requests) implements AutoCloseable {
  @Override
  public void close() {
    lane.close();
    client.close();
  }
}
