package dev.attune.testkit;

import java.net.URI;

/** Somebody else's, only to be used. */
record ExternalDynamo(URI endpoint) implements DynamoBackend {
  @Override
  public void pause() {
    throw notOurs();
  }

  @Override
  public void resume() {
    throw notOurs();
  }

  @Override
  public void kill() {
    throw notOurs();
  }

  @Override
  public void close() {}

  private static UnsupportedOperationException notOurs() {
    return new UnsupportedOperationException("the endpoint of " + ENDPOINT_VARIABLE + " is shared");
  }
}
