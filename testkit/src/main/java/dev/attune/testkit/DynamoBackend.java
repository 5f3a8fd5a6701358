package dev.attune.testkit;

import java.net.URI;

/**
 * The DynamoDB API for tests, on loopback. Tests share one and keep apart by unique table prefixes;
 * a test that breaks it starts its own.
 *
 * <p>By default it is dynalite, which Node runs and npm brings: an openly licensed implementation
 * of the API with DynamoDB's limits and messages. It does not throttle, every read is consistent,
 * and nothing expires. The environment variable {@value #ENDPOINT_VARIABLE} names another one, to
 * which any credentials are good.
 */
public interface DynamoBackend extends AutoCloseable {
  /** Where a DynamoDB is that the shared one shall be, instead of a process of our own. */
  String ENDPOINT_VARIABLE = "ATTUNE_TEST_DYNAMODB";

  URI endpoint();

  /** Makes it hang: connections stay, nothing is answered until {@link #resume}. */
  void pause();

  /** Lets a paused one go on. */
  void resume();

  /** Ends it at once, for good; what it kept is gone. */
  void kill();

  @Override
  void close();

  /**
   * The one of this JVM, started when first asked for and stopped with it. Not to be broken.
   *
   * <p>Without Node the test that asks is skipped, in CI it fails.
   */
  static DynamoBackend shared() {
    return Shared.DYNAMO.get();
  }

  /** One of the test's own, with no tables; see {@link #shared} for what happens without Node. */
  static DynamoBackend start() {
    return LocalDynamo.start();
  }
}
