package dev.attune.refresher.snapshot;

import dev.attune.refresher.snapshot.SourceFiles.SourceFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import software.amazon.awssdk.core.ResponseInputStream;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/**
 * Copies objects into a folder, some at a time. One that breaks off is gone on with where it broke
 * off; one that is not what was listed any more ends it all.
 */
final class S3Fetch {
  /** Objects that are copied at a time. */
  static final int AT_ONCE = 8;

  private static final int BUFFER_BYTES = 1 << 17;

  /** Asks for an object from a byte on. */
  interface Open {
    ResponseInputStream<GetObjectResponse> from(SourceFile object, long from);
  }

  /** What a failure means, as of {@link S3Failures#of}. */
  interface Failure {
    RuntimeException of(Exception e, SourceFile object);
  }

  /** Ends it from outside. */
  interface Cancellation {
    void check() throws SQLException;
  }

  private final Open open;
  private final Failure failure;
  private final Duration patience;

  /**
   * @param patience how long an object is tried again without a byte of progress
   */
  S3Fetch(Open open, Failure failure, Duration patience) {
    this.open = open;
    this.failure = failure;
    this.patience = patience;
  }

  /**
   * The copies, in the same order, with the times of their objects.
   *
   * @throws RefusedException when one was changed or may not be read
   * @throws IllegalStateException when infrastructure failed it
   */
  List<SourceFile> into(Path folder, List<SourceFile> objects, Cancellation cancellation)
      throws SQLException {
    List<Path> copies = new ArrayList<>();
    try (ExecutorService workers =
        Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().name("s3-", 0).factory())) {
      var done = new ExecutorCompletionService<Path>(workers);
      try {
        for (int i = 0; i < objects.size(); i++) {
          SourceFile object = objects.get(i);
          Path copy = folder.resolve(String.valueOf(i)).resolve(name(object));
          copies.add(copy);
          done.submit(() -> copy(object, copy, cancellation));
        }
        for (int i = 0; i < objects.size(); i++) {
          done.take().get();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while objects were copied", e);
      } catch (ExecutionException e) {
        throw cause(e);
      } finally {
        workers.shutdownNow();
      }
    }
    return copies.stream().map(SourceFile::of).toList();
  }

  // As the key ends, since that tells compression, but nothing that DuckDB takes for a wildcard or
  // this machine cannot name.
  private static String name(SourceFile object) {
    String name = String.valueOf(object.path().getFileName()).replaceAll("[^A-Za-z0-9._=-]", "_");
    return name.substring(Math.max(0, name.length() - 100));
  }

  private static SQLException cause(ExecutionException e) {
    Throwable cause = e.getCause();
    if (cause instanceof RuntimeException failed) {
      throw failed;
    }
    if (cause instanceof SQLException cancelled) {
      return cancelled;
    }
    throw new IllegalStateException("an object was not copied", cause);
  }

  private Path copy(SourceFile object, Path copy, Cancellation cancellation) throws SQLException {
    write(
        () -> {
          Files.createDirectories(copy.resolveSibling(""));
          Files.createFile(copy);
        });
    var retry = new S3Retry(patience);
    for (long got = 0; ; ) {
      long from = got;
      Exception broken;
      try {
        append(object, copy, from, cancellation);
        got = size(copy);
        if (got == object.size()) {
          write(() -> Files.setLastModifiedTime(copy, FileTime.from(object.modified())));
          return copy;
        }
        broken = new IOException("the object ended too early");
      } catch (IOException | SdkException e) {
        broken = e;
        got = size(copy);
      }
      if (got > from) {
        retry.progressed();
      }
      if (got >= object.size()) {
        // Whole, and yet wrong: all of it is to be read anew.
        write(() -> FileChannel.open(copy, StandardOpenOption.WRITE).truncate(0).close());
        got = 0;
      }
      retry.after(failure.of(broken, object));
      cancellation.check();
    }
  }

  private void append(SourceFile object, Path copy, long from, Cancellation cancellation)
      throws SQLException, IOException {
    try (ResponseInputStream<GetObjectResponse> in = open.from(object, from);
        OutputStream out = Files.newOutputStream(copy, StandardOpenOption.APPEND)) {
      try {
        checkSame(object, in.response());
        if (from > 0 && in.response().contentRange() == null) {
          in.skipNBytes(from);
        }
        transfer(in, out, object.size() - from, cancellation);
      } catch (SQLException | IOException | RuntimeException e) {
        // Closing alone would read what is left of it.
        in.abort();
        throw e;
      }
    }
  }

  // Some stores that speak S3 take no notice of the condition.
  private static void checkSame(SourceFile object, GetObjectResponse response) {
    String tag = String.valueOf(response.eTag()).replace("\"", "");
    if (!object.version().isEmpty() && !object.version().equals(tag)) {
      throw SourceFiles.changed(object.path());
    }
  }

  private static void transfer(
      InputStream in, OutputStream out, long left, Cancellation cancellation)
      throws SQLException, IOException {
    byte[] buffer = new byte[BUFFER_BYTES];
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      cancellation.check();
      int length = n;
      if (length > left) {
        throw new IOException("the object is longer than it was");
      }
      write(() -> out.write(buffer, 0, length));
      left -= length;
    }
  }

  private interface Writing {
    void run() throws IOException;
  }

  // Kept apart from what the network does: nothing gets better by itself here.
  private static void write(Writing writing) {
    try {
      writing.run();
    } catch (IOException e) {
      throw new IllegalStateException(
          String.valueOf(e.getMessage()).contains("No space left")
              ? "the disk of the state directory is full; the next run takes up what is missing"
              : "the state directory cannot be written",
          e);
    }
  }

  private static long size(Path copy) {
    return SourceFile.of(copy).size();
  }
}
