package dev.attune.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher with a JDK and a Maven of straw: what it finds, what it hands over, what it says.
 */
class LauncherTest {
  private static final Path ATTUNE = Path.of("../../attune").toAbsolutePath().normalize();

  private record Outcome(int code, String output) {}

  @TempDir private Path folder;
  private Path jdk;
  private Path bin;

  @BeforeEach
  void straw() throws IOException {
    assumeTrue(Files.exists(Path.of("/bin/bash")), "no bash on this machine");
    jdk = jdk("jdk-25", "25.0.1");
    bin = Files.createDirectories(folder.resolve("bin"));
    maven("3.9.9");
  }

  @Test
  void test_handsItsArgumentsToMavenWithTheJdkItFound() throws Exception {
    Outcome outcome = attune(jdk, "test", "-Dtest=Some");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.output())
        .contains("mvn -B -ntp verify -Dtest=Some")
        .contains("JAVA_HOME=" + jdk);
  }

  @Test
  void olderJdkInJavaHome_isPassedOver() throws Exception {
    Path old = jdk("jdk-17", "17.0.15");
    // The one on the PATH is next.
    Files.createSymbolicLink(bin.resolve("javac"), jdk.resolve("bin/javac"));
    Outcome outcome = attune(old, "format");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.output()).contains("JAVA_HOME=" + jdk);
  }

  @Test
  void olderMaven_isRefusedInOneSentence() throws Exception {
    maven("3.6.3");
    Outcome outcome = attune(jdk, "test");
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.output())
        .isEqualTo("attune: Maven 3.6.3 is on the PATH: install Maven 3.8 or newer.\n");
  }

  @Test
  void unknownCommand_showsWhatThereIs() throws Exception {
    Outcome outcome = attune(jdk, "dmeo");
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.output())
        .startsWith("Usage: ./attune COMMAND")
        .endsWith("attune: there is no command \"dmeo\".\n");
  }

  @Test
  void help_needsNeitherJdkNorMaven() throws Exception {
    Files.delete(bin.resolve("mvn"));
    Outcome outcome = attune(folder.resolve("nowhere"), "help");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.output()).contains("./attune COMMAND --help");
  }

  private Path jdk(String name, String version) throws IOException {
    Path home = folder.resolve(name);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    script(home.resolve("bin/javac"), "exit 0");
    return home.toRealPath();
  }

  private void maven(String version) throws IOException {
    script(
        bin.resolve("mvn"),
        "if [ \"$1\" = -v ]; then echo \"Apache Maven "
            + version
            + " (straw)\"; exit; fi\n"
            + "echo \"mvn $*\"; echo \"JAVA_HOME=$JAVA_HOME\"");
  }

  private static void script(Path file, String commands) throws IOException {
    Files.writeString(file, "#!/bin/bash\n" + commands + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Outcome attune(Path javaHome, String... arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of("/bin/bash", ATTUNE.toString()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", javaHome.toString());
    builder.environment().put("PATH", bin + ":/usr/bin:/bin");
    builder.environment().remove("MAVEN_OPTS");
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).as("the launcher ends").isTrue();
    return new Outcome(process.exitValue(), output);
  }
}
