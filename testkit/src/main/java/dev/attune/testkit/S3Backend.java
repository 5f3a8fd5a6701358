package dev.attune.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The S3 API for tests, on loopback: S3Proxy over a folder, in a process of its own. It asks for
 * signatures. Tests share one and keep apart by buckets; a test that breaks it starts its own.
 *
 * <p>It knows neither regions nor permissions: whoever signs may do everything.
 */
public final class S3Backend implements AutoCloseable {
  /** The one who may. */
  public static final String ACCESS_KEY_ID = "attune-test";

  /** What the one who may signs with. */
  public static final String SECRET_ACCESS_KEY = "attune-test-secret";

  private static final Duration START_MAX = Duration.ofSeconds(90);
  private static final Pattern STARTED =
      Pattern.compile("Started ServerConnector@.*\\{127\\.0\\.0\\.1:(\\d+)\\}");

  private final Path directory = TemporaryDirectory.create("s3");
  private Process process;
  private final int port;

  private S3Backend() {
    process = launch(0);
    port = await(process);
  }

  /** The one of this JVM, started when first asked for and stopped with it. Not to be broken. */
  public static S3Backend shared() {
    return Shared.S3.get();
  }

  /** One of the test's own, without buckets. */
  public static S3Backend start() {
    return new S3Backend();
  }

  /** To be used with the bucket in the path. */
  public URI endpoint() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** Makes it hang: connections stay, nothing is answered until {@link #resume}. */
  public void pause() {
    Signals.send(process.pid(), "STOP");
  }

  /** Lets a paused one go on. */
  public void resume() {
    Signals.send(process.pid(), "CONT");
  }

  /** Ends it at once; what it keeps stays. */
  public void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  /** Starts one that was killed, on the same port. */
  public void restart() {
    process = launch(port);
    await(process);
  }

  private Process launch(int at) {
    try {
      Path objects = Files.createDirectories(directory.resolve("objects"));
      Path config =
          Files.writeString(
              directory.resolve("s3proxy.properties"),
              """
              s3proxy.endpoint=http://127.0.0.1:%d
              s3proxy.authorization=aws-v2-or-v4
              s3proxy.identity=%s
              s3proxy.credential=%s
              jclouds.provider=filesystem-nio2
              jclouds.filesystem.basedir=%s
              """
                  .formatted(at, ACCESS_KEY_ID, SECRET_ACCESS_KEY, objects));
      return new ProcessBuilder(
              List.of(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx256m",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-jar",
                  jar().toString(),
                  "--properties",
                  config.toString()))
          .redirectErrorStream(true)
          .redirectOutput(log().toFile())
          .start();
    } catch (IOException e) {
      throw new UncheckedIOException("S3Proxy cannot be started", e);
    }
  }

  private int await(Process started) {
    int[] listens = new int[1];
    Await.until(
        START_MAX,
        "S3Proxy did not say its port",
        () -> {
          Matcher said = STARTED.matcher(said());
          if (said.find()) {
            listens[0] = Integer.parseInt(said.group(1));
          } else if (!started.isAlive()) {
            throw new AssertionError("S3Proxy ended: " + said());
          }
          return listens[0] != 0;
        });
    return listens[0];
  }

  private String said() {
    try {
      return Files.readString(log(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException("S3Proxy's log", e);
    }
  }

  private Path log() {
    return directory.resolve("s3proxy.log");
  }

  // The build puts it beside our classes, or beside their jar.
  private static Path jar() {
    try {
      Path classes =
          Path.of(S3Backend.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      Path jar = classes.resolveSibling("s3proxy.jar");
      if (!Files.isRegularFile(jar)) {
        throw new IllegalStateException(
            "there is no " + jar + " (expected: what the build of the testkit puts there)");
      }
      return jar;
    } catch (URISyntaxException e) {
      throw new IllegalStateException("the testkit does not know where it is", e);
    }
  }

  @Override
  public void close() {
    kill();
    TemporaryDirectory.delete(directory);
  }
}
