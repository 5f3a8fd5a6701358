package dev.attune.dispatcher;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import javax.tools.ToolProvider;

/** The documentation's verifiers in Java, compiled as they stand there. */
public interface JavaExamples {
  /**
   * With a library.
   *
   * @throws com.standardwebhooks.exceptions.WebhookVerificationException when it is refused
   */
  void bySecret(Map<String, List<String>> headers, String body, String secret) throws Exception;

  /** With the JDK alone. */
  boolean byPublicKey(Map<String, List<String>> headers, byte[] body, List<String> spki)
      throws Exception;

  /**
   * Compiles them.
   *
   * @param examples first a statement, then a method
   */
  static JavaExamples compile(List<String> examples, Path folder) throws Exception {
    Path classes = Files.createDirectories(folder.resolve("examples"));
    Path source = classes.resolve("Examples.java");
    Files.writeString(
        source,
        """
        import java.nio.charset.StandardCharsets;
        import java.security.*;
        import java.security.spec.*;
        import java.util.*;

        public class Examples implements dev.attune.dispatcher.JavaExamples {
          public void bySecret(Map<String, List<String>> headers, String body, String secret)
              throws Exception {
            %s
          }

          public boolean byPublicKey(
              Map<String, List<String>> headers, byte[] body, List<String> spki)
              throws Exception {
            return verified(headers, body, spki);
          }

          %s
        }
        """
            .formatted(examples.get(0), examples.get(1)));
    int code =
        Objects.requireNonNull(ToolProvider.getSystemJavaCompiler(), "a JDK")
            .run(
                null,
                null,
                null,
                "-proc:none",
                "-cp",
                System.getProperty("java.class.path"),
                source.toString());
    if (code != 0) {
      throw new IOException("the examples do not compile");
    }
    // Its classes are loaded as they are needed: it ends with the test's JVM.
    var loader =
        new URLClassLoader(
            new URL[] {classes.toUri().toURL()}, JavaExamples.class.getClassLoader());
    return (JavaExamples) loader.loadClass("Examples").getDeclaredConstructor().newInstance();
  }
}
