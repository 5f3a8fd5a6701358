package dev.attune.refresher.catalog;

import dev.attune.core.definition.Definitions;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileStore.ProfileIdPage;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.platform.definition.DefinitionsSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Folds every profile again when the catalog changed, on a thread of its own, page by page. The
 * catalog version that was folded to the end is kept in a file, so that a restart goes on.
 */
public final class Refolding implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Refolding.class);

  private final ProfileStore store;
  private final ProfileWriter writer;
  private final DefinitionsSource definitions;
  private final Path marker;
  private final Duration timeout;
  private final Semaphore changed = new Semaphore(1);
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private volatile String trouble = "";

  /**
   * Not started yet.
   *
   * @param stateDir where the marker file is kept
   * @param timeout of each call to the store
   */
  public Refolding(
      ProfileStore store,
      ProfileWriter writer,
      DefinitionsSource definitions,
      Path stateDir,
      Duration timeout) {
    this.store = store;
    this.writer = writer;
    this.definitions = definitions;
    this.marker = stateDir.resolve("catalog-version");
    this.timeout = timeout;
    this.thread = Thread.ofVirtual().name("refolding").unstarted(this::run);
  }

  /** What keeps it from going on, in a few words; empty when nothing does. */
  public String trouble() {
    return trouble;
  }

  public void start() {
    definitions.onChange(_ -> changed.release());
    thread.start();
  }

  private void run() {
    try {
      while (stop.getCount() > 0) {
        changed.acquire();
        changed.drainPermits();
        Definitions now = definitions.current();
        if (now.catalogVersion() != folded() && stop.getCount() > 0) {
          refold(now.catalogVersion());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void refold(long catalogVersion) throws InterruptedException {
    String cursor = ProfileIdPage.FIRST;
    long profiles = 0;
    while (!cursor.isEmpty() && stop.getCount() > 0) {
      try {
        ProfileIdPage page = store.scanProfileIds(cursor, timeout).toCompletableFuture().join();
        writer.refold(page.profileIds(), catalogVersion);
        profiles += page.profileIds().size();
        cursor = page.nextCursor();
        trouble = "";
      } catch (RuntimeException e) {
        // The store or the log is away: the page is tried again.
        if (trouble.isEmpty()) {
          LOG.warn("refolding waits: {}", e.getClass().getSimpleName(), e);
        }
        trouble = "refolding waits: " + e.getClass().getSimpleName();
        stop.await(1, TimeUnit.SECONDS);
      }
    }
    if (cursor.isEmpty()) {
      keep(catalogVersion);
      LOG.info("folded {} profiles with catalog version {}", profiles, catalogVersion);
    }
  }

  private long folded() {
    try {
      return Files.exists(marker) ? Long.parseLong(Files.readString(marker).strip()) : 0;
    } catch (IOException | NumberFormatException e) {
      LOG.warn("the marker of the folded catalog is unreadable; folding again");
      return -1;
    }
  }

  private void keep(long catalogVersion) {
    try {
      Files.createDirectories(marker.getParent());
      Path aside = marker.resolveSibling(marker.getFileName() + ".next");
      Files.write(aside, String.valueOf(catalogVersion).getBytes(StandardCharsets.UTF_8));
      Files.move(
          aside, marker, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.warn("the marker of the folded catalog was not written; a restart folds again", e);
    }
  }

  @Override
  public void close() {
    stop.countDown();
    changed.release();
    try {
      thread.join(Duration.ofSeconds(5));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
