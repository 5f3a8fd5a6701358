package dev.attune.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher with a JDK and a Maven of straw: what it finds, what it hands over, what it says.
 */
class LauncherTest {
  private static final Path ROOT = Path.of("../..").toAbsolutePath().normalize();

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
    Outcome outcome = attune(old, "test");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.output()).contains("JAVA_HOME=" + jdk);
  }

  @Test
  void olderJdkOnThePath_isPassedOverForOneInAKnownFolder() throws Exception {
    Path old = jdk("jdk-17", "17.0.15");
    Files.createSymbolicLink(bin.resolve("javac"), old.resolve("bin/javac"));
    jdk(".sdkman/candidates/java/25-tem", "25.0.1");
    Outcome outcome = attune(folder.resolve("nowhere"), "test");
    assertThat(outcome.code()).isZero();
    // One of the machine's own may come first.
    String found = outcome.output().lines().toList().getLast().replace("JAVA_HOME=", "");
    assertThat(Path.of(found, "release"))
        .content()
        .containsPattern("JAVA_VERSION=\"(2[5-9]|[3-9]\\d)");
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

  @Test
  void up_buildsAndLearnsWhatIsMissing_once() throws Exception {
    Path root = project();
    Outcome first = run(root, jdk, "up", "--http-port", "0");
    assertThat(first.code()).isZero();
    assertThat(first.output())
        .contains("Building Attune", "  [1/1] Straw", "Learning what is hot", "  [1/4] starting")
        .endsWith(" dev.attune.standalone.Main up --http-port 0\n")
        .contains("-XX:AOTCache=" + root.resolve("deploy/standalone/target/attune.aot"));
    assertThat(root.resolve("deploy/standalone/target/attune.aot")).hasContent("learnt");
    assertThat(run(root, jdk, "up").output())
        .startsWith("java ")
        .doesNotContain("Building", "Learning");
  }

  @Test
  void up_withANewerSource_buildsAndLearnsAgain() throws Exception {
    Path root = project();
    run(root, jdk, "up");
    Files.setLastModifiedTime(
        root.resolve("core/src/main/A.java"), FileTime.from(Instant.now().plusSeconds(5)));
    assertThat(run(root, jdk, "up").output()).contains("Building Attune", "Learning what is hot");
  }

  // A JVM takes classes from a cache without a look at whether the jars are still the same.
  @Test
  void cacheOfOtherCode_isNeverUsed() throws Exception {
    Path root = project();
    Path cache = root.resolve("deploy/standalone/target/attune.aot");
    run(root, jdk, "up");
    assertThat(cache).exists();
    Files.setLastModifiedTime(
        root.resolve("core/src/main/A.java"), FileTime.from(Instant.now().plusSeconds(5)));
    assertThat(run(root, jdk, Map.of("ATTUNE_LEARN", "off"), "up").output())
        .contains("Building Attune")
        .doesNotContain("Learning");
    assertThat(cache).doesNotExist();

    run(root, jdk, "up");
    assertThat(cache).exists();
    Files.setLastModifiedTime(
        root.resolve("core/src/main/A.java"), FileTime.from(Instant.now().plusSeconds(60)));
    Files.createFile(folder.resolve("learn-nothing"));
    assertThat(run(root, jdk, "up").output()).contains("that did not work out");
    assertThat(cache).doesNotExist();
  }

  @Test
  void clientCommand_buildsAndDoesNotLearn() throws Exception {
    Outcome outcome = run(project(), jdk, "status");
    assertThat(outcome.code()).isZero();
    assertThat(outcome.output())
        .contains("Building Attune")
        .doesNotContain("Learning")
        .endsWith(" dev.attune.standalone.Main status\n");
  }

  @Test
  void failedBuild_showsItsErrorsAndWhereTheRestIs() throws Exception {
    Path root = project();
    script(bin.resolve("mvn"), straw("3.9.9") + "echo '[ERROR] no such symbol'; exit 1");
    Outcome outcome = run(root, jdk, "up");
    assertThat(outcome.code()).isEqualTo(1);
    assertThat(outcome.output())
        .contains("[ERROR] no such symbol\n")
        .endsWith("attune: Maven failed; the whole output is in " + root + "/.attune/build.log\n");
  }

  @Test
  @Timeout(60)
  void signalWhileLearning_stopsWhatLearns() throws Exception {
    Path root = project();
    Files.createFile(folder.resolve("learn-for-ever"));
    Process launcher = start(root, jdk, Map.of(), "up");
    try (var lines = launcher.inputReader()) {
      String line;
      do {
        line = lines.readLine();
        assertThat(line).as("the launcher's output goes on until it learns").isNotNull();
      } while (!line.contains("[3/4] replaying events"));
      // A terminal's signal ends what the launcher runs in its own group, too.
      launcher.descendants().filter(this::isNoLearner).forEach(ProcessHandle::destroy);
      // Not its own destroy, which closes its output, too.
      launcher.toHandle().destroy();
      assertThat(launcher.waitFor(20, TimeUnit.SECONDS)).as("the launcher ends").isTrue();
      assertThat(ProcessHandle.of(learner()).filter(ProcessHandle::isAlive)).isEmpty();
    } finally {
      launcher.destroyForcibly();
      ProcessHandle.of(learner()).ifPresent(ProcessHandle::destroyForcibly);
    }
    assertThat(launcher.exitValue()).isEqualTo(143);
    assertThat(root.resolve("deploy/standalone/target/attune.aot")).doesNotExist();
    try (var left = Files.list(root.resolve(".attune"))) {
      assertThat(left.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("build.log", "learn.log");
    }
  }

  private boolean isNoLearner(ProcessHandle process) {
    long learner = learner();
    return process.pid() != learner
        && process.parent().map(ProcessHandle::pid).filter(pid -> pid == learner).isEmpty();
  }

  private long learner() {
    try {
      return Long.parseLong(Files.readString(folder.resolve("learner")).strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A folder that the launcher takes for Attune's, with a source and nothing built. */
  private Path project() throws IOException {
    Path root = Files.createDirectories(folder.resolve("attune")).toRealPath();
    Files.copy(ROOT.resolve("attune"), root.resolve("attune"));
    Files.createDirectories(root.resolve("core/src/main"));
    Files.createFile(root.resolve("core/src/main/A.java"));
    Files.createFile(root.resolve("pom.xml"));
    script(
        bin.resolve("mvn"),
        straw("3.9.9")
            + """
            echo '[INFO] Building Straw 1.0 [1/1]'
            mkdir -p deploy/standalone/target/lib
            touch deploy/standalone/target/attune-standalone.jar
            """);
    script(
        jdk.resolve("bin/java"),
        """
        cache=
        for argument in "$@"; do
          case $argument in -XX:AOTCacheOutput=*) cache=${argument#*=} ;; esac
        done
        if [ -z "$cache" ]; then
          echo "java $*"
          exit
        fi
        if [ -e '%1$s/learn-for-ever' ]; then
          echo $$ >'%1$s/learner'
          # What it would write when it ends takes as long as one waits for it.
          trap 'kill $!; echo Stopped.' TERM
          echo '300 events a second are on their way.'
          while :; do
            sleep 60 &
            wait
          done
        fi
        if [ -e '%1$s/learn-nothing' ]; then
          exit 1
        fi
        # Long enough to be seen.
        sleep 0.5
        printf learnt >"$cache"
        """
            .formatted(folder));
    return root;
  }

  private Path jdk(String name, String version) throws IOException {
    Path home = folder.resolve(name);
    Files.createDirectories(home.resolve("bin"));
    Files.writeString(home.resolve("release"), "JAVA_VERSION=\"" + version + "\"\n");
    script(home.resolve("bin/javac"), "exit 0");
    return home.toRealPath();
  }

  private void maven(String version) throws IOException {
    script(bin.resolve("mvn"), straw(version) + "echo \"mvn $*\"; echo \"JAVA_HOME=$JAVA_HOME\"");
  }

  private static String straw(String version) {
    return "if [ \"$1\" = -v ]; then echo 'Apache Maven " + version + " (straw)'; exit; fi\n";
  }

  private static void script(Path file, String commands) throws IOException {
    Files.writeString(file, "#!/bin/bash\n" + commands + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Outcome attune(Path javaHome, String... arguments) throws Exception {
    return run(ROOT, javaHome, arguments);
  }

  private Outcome run(Path root, Path javaHome, String... arguments) throws Exception {
    return run(root, javaHome, Map.of(), arguments);
  }

  private Outcome run(
      Path root, Path javaHome, Map<String, String> environment, String... arguments)
      throws Exception {
    Process process = start(root, javaHome, environment, arguments);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(20, TimeUnit.SECONDS)).as("the launcher ends").isTrue();
    return new Outcome(process.exitValue(), output);
  }

  private Process start(
      Path root, Path javaHome, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of("/bin/bash", root.resolve("attune").toString()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("JAVA_HOME", javaHome.toString());
    builder.environment().put("PATH", bin + ":/usr/bin:/bin");
    builder.environment().put("HOME", folder.toString());
    builder.environment().remove("MAVEN_OPTS");
    builder.environment().remove("ATTUNE_LEARN");
    builder.environment().putAll(environment);
    Process process = builder.start();
    process.getOutputStream().close();
    return process;
  }
}
