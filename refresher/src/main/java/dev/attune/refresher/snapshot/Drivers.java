package dev.attune.refresher.snapshot;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;

/**
 * JDBC drivers: the one of PostgreSQL, and those in a folder. There a jar is a driver, and so is a
 * folder of jars that need each other; each has a class loader of its own, so that none meets the
 * libraries of another or ours. What was loaded stays for good: drivers start threads and register
 * themselves.
 *
 * <p>Not {@link java.sql.DriverManager}: it would offer any driver that is on our own path.
 */
final class Drivers {
  private final Path folder;
  private final Driver postgres = postgres();
  private final Map<Path, List<Driver>> loaded = new TreeMap<>();

  /**
   * @param folder it need not exist; looked at again for each address
   */
  Drivers(Path folder) {
    this.folder = folder;
  }

  private static Driver postgres() {
    return ServiceLoader.load(Driver.class, Drivers.class.getClassLoader()).stream()
        .filter(provider -> provider.type().getName().equals("org.postgresql.Driver"))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("PostgreSQL's driver is shipped"))
        .get();
  }

  /**
   * The driver for an address.
   *
   * @throws RefusedException when there is none
   */
  synchronized Driver of(String url) {
    if (accepts(postgres, url)) {
      return postgres;
    }
    List<String> found = new ArrayList<>();
    for (Path entry : entries()) {
      found.add(String.valueOf(entry.getFileName()));
      Optional<Driver> driver =
          loaded.computeIfAbsent(entry, Drivers::load).stream()
              .filter(each -> accepts(each, url))
              .findFirst();
      if (driver.isPresent()) {
        return driver.get();
      }
    }
    String kind = url.substring(0, url.indexOf(':', "jdbc:".length()) + 1);
    throw new RefusedException(
        "no driver takes the address "
            + kind
            + "... (allowed: jdbc:postgresql:, and those of the jars in "
            + folder
            + ": "
            + (found.isEmpty() ? "none" : String.join(", ", found))
            + ")");
  }

  private List<Path> entries() {
    return Files.isDirectory(folder) ? list(folder) : List.of();
  }

  private static List<Path> list(Path folder) {
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(folder)) {
      for (Path entry : stream) {
        if (entry.toString().endsWith(".jar") || Files.isDirectory(entry)) {
          entries.add(entry);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the folder of drivers cannot be read", e);
    }
    Collections.sort(entries);
    return entries;
  }

  private static List<Driver> load(Path entry) {
    List<Path> jars = Files.isDirectory(entry) ? list(entry) : List.of(entry);
    try {
      URL[] urls = new URL[jars.size()];
      for (int i = 0; i < urls.length; i++) {
        urls[i] = jars.get(i).toUri().toURL();
      }
      // Never closed: see above.
      var loader = new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
      return ServiceLoader.load(Driver.class, loader).stream()
          .map(ServiceLoader.Provider::get)
          .filter(driver -> loader.equals(driver.getClass().getClassLoader()))
          .toList();
    } catch (IOException | ServiceConfigurationError e) {
      throw new RefusedException(
          entry.getFileName() + " in the folder of drivers holds no driver that can be loaded");
    }
  }

  private static boolean accepts(Driver driver, String url) {
    try {
      return driver.acceptsURL(url);
    } catch (SQLException e) {
      return false;
    }
  }
}
