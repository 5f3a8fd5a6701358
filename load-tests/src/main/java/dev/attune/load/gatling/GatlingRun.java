package dev.attune.load.gatling;

import io.gatling.app.Gatling$;
import io.gatling.javaapi.core.Simulation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.prefs.Preferences;
import java.util.stream.Stream;

/**
 * One run of a simulation in this process. Gatling keeps its configuration once for a JVM; runs
 * follow each other, never two at once.
 *
 * @param held whether Gatling says that all requests had the answer that was expected
 * @param report its HTML, when there is one
 */
record GatlingRun(boolean held, Optional<Path> report) {
  private static final String PREFERENCES_FOLDER = "java.util.prefs.userRoot";
  private static final int ENDED_WELL = 0;
  private static final int ASSERTIONS_FAILED = 2;

  /**
   * Runs it to its end.
   *
   * @param results folder that gets its log and its report, in a folder of their own
   * @throws IllegalStateException when it could not be run
   */
  static GatlingRun of(Class<? extends Simulation> simulation, Load load, Path results)
      throws IOException {
    Path folder = Files.createTempDirectory(results, simulation.getSimpleName() + "-");
    withoutAskingForNews(results);
    String[] arguments = {
      "--simulation", simulation.getName(),
      "--results-folder", folder.toString(),
      "--run-description", "lookups over HTTP"
    };
    int code =
        ScopedValue.where(Load.CURRENT, load).call(() -> Gatling$.MODULE$.fromArgs(arguments));
    if (code != ENDED_WELL && code != ASSERTIONS_FAILED) {
      throw new IllegalStateException("Gatling ended with " + code + ", see its log");
    }
    return new GatlingRun(code == ENDED_WELL, report(folder));
  }

  /**
   * It would look for a newer release in the web at most once a day, and keeps in the preferences
   * of the user when that was. So it was just now, in preferences of our own.
   */
  private static void withoutAskingForNews(Path results) {
    if (System.getProperty(PREFERENCES_FOLDER) == null) {
      System.setProperty(PREFERENCES_FOLDER, results.toAbsolutePath().toString());
    }
    Preferences news = Preferences.userRoot().node("/io/gatling/latestVersion");
    news.putLong("lastCheckTimestamp", System.currentTimeMillis());
    news.putBoolean("lastCheckSuccess", false);
  }

  private static Optional<Path> report(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder, 2)) {
      return files.filter(file -> file.endsWith("index.html")).findFirst();
    }
  }
}
