package dev.attune.platform.log;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.core.joran.spi.JoranException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** Where the logs go: one JSON object a line. To be called first in {@code main}. */
public final class Logs {
  private Logs() {}

  /** To standard output. */
  public static void toStandardOutput() {
    configure("/logback.xml", null);
  }

  /** To a file, which rolls at 10 MB; the four before it are kept as {@code <file>.1} and so on. */
  public static void toFile(Path file) {
    configure("/dev/attune/platform/log/file.xml", file);
  }

  private static void configure(String resource, @Nullable Path file) {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    context.reset();
    if (file != null) {
      context.putProperty("attune.log.file", file.toAbsolutePath().toString());
    }
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    URL url = Objects.requireNonNull(Logs.class.getResource(resource), resource);
    try {
      configurator.doConfigure(url);
    } catch (JoranException e) {
      throw new IllegalStateException("the logs could not be set up: " + resource, e);
    }
    // Helidon and gRPC log through the JDK.
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
  }
}
