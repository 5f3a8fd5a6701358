package dev.attune.refresher.snapshot;

import dev.attune.core.model.S3Address;
import dev.attune.refresher.snapshot.SourceFiles.SourceFile;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.EncodingType;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.ListObjectsV2Response;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.utils.SdkAutoCloseable;

/**
 * The objects of a bucket as files: the key {@code a/b} is the path {@code /a/b}. Keys that are no
 * such paths, like {@code a//b} or the {@code a/} that stands for a folder, are not seen. What an
 * object is now is known from listing alone.
 */
final class S3Tree implements FileTree, AutoCloseable {
  /** Most objects that are looked at to find some. */
  static final int LISTED_MAX = 200_000;

  private static final String LIST = "s3:ListBucket";
  private static final String GET = "s3:GetObject";

  private final S3Client s3;
  private final SdkAutoCloseable credentials;
  private final String bucket;
  private final S3Failures failures;
  private final Duration patience;

  S3Tree(
      S3Client s3,
      SdkAutoCloseable credentials,
      String bucket,
      S3Failures failures,
      Duration patience) {
    this.s3 = s3;
    this.credentials = credentials;
    this.bucket = bucket;
    this.failures = failures;
    this.patience = patience;
  }

  @Override
  public String resolve(String place) {
    return "/" + S3Address.of(place).key();
  }

  @Override
  public List<Path> matching(Glob glob) {
    PathMatcher matcher = glob.matcher();
    List<Path> found = new ArrayList<>();
    list(
        glob.literal().substring(1),
        object -> {
          path(object.key()).filter(matcher::matches).ifPresent(found::add);
          return found.size() <= SourceFiles.FILES_MAX;
        });
    Collections.sort(found);
    return found;
  }

  @Override
  public Map<Path, SourceFile> find(Collection<Path> paths) {
    Map<Path, SourceFile> found = new HashMap<>();
    if (paths.isEmpty()) {
      return found;
    }
    Set<Path> wanted = Set.copyOf(paths);
    list(
        commonStart(wanted).substring(1),
        object -> {
          path(object.key())
              .filter(wanted::contains)
              .ifPresent(path -> found.put(path, file(path, object)));
          return found.size() < wanted.size();
        });
    return found;
  }

  private static String commonStart(Set<Path> paths) {
    String least = Collections.min(paths).toString();
    String greatest = Collections.max(paths).toString();
    int end = 0;
    while (end < Math.min(least.length(), greatest.length())
        && least.charAt(end) == greatest.charAt(end)) {
      end++;
    }
    // Not through the middle of a character of two.
    return end > 0 && Character.isHighSurrogate(least.charAt(end - 1))
        ? least.substring(0, end - 1)
        : least.substring(0, end);
  }

  private static SourceFile file(Path path, S3Object object) {
    return new SourceFile(
        path,
        object.size(),
        object.lastModified(),
        Objects.requireNonNullElse(object.eTag(), "").replace("\"", ""));
  }

  /** Offers objects in the order of their keys, until there are enough. */
  private void list(String prefix, Predicate<S3Object> more) {
    String what = shown("/" + prefix) + "*";
    int listed = 0;
    @Nullable String token = null;
    do {
      @Nullable String from = token;
      ListObjectsV2Response page =
          patiently(
              what,
              LIST,
              () ->
                  s3.listObjectsV2(
                      request ->
                          request
                              .bucket(bucket)
                              .prefix(prefix)
                              .encodingType(EncodingType.URL)
                              .continuationToken(from)));
      for (S3Object object : page.contents()) {
        if (!more.test(object)) {
          return;
        }
      }
      listed += page.contents().size();
      if (listed >= LISTED_MAX) {
        throw new RefusedException(
            "more than %d objects match %s (allowed: %d; a prefix that fewer keys begin with)"
                .formatted(LISTED_MAX, what, LISTED_MAX));
      }
      token = Boolean.TRUE.equals(page.isTruncated()) ? page.nextContinuationToken() : null;
    } while (token != null);
  }

  private Optional<Path> path(String key) {
    try {
      Path path = Path.of("/" + key);
      return path.toString().equals("/" + key) && path.equals(path.normalize())
          ? Optional.of(path)
          : Optional.empty();
    } catch (InvalidPathException e) {
      throw new RefusedException(
          "an object of s3://"
              + bucket
              + " has a key with letters that this process cannot name (allowed: with a locale of"
              + " UTF-8, all)");
    }
  }

  @Override
  public byte[] read(SourceFile file) {
    return patiently(
        shown(file.path().toString()),
        GET,
        () -> s3.getObjectAsBytes(request(file).build()).asByteArray());
  }

  /** Asks for an object, on condition that it is what was listed. */
  private GetObjectRequest.Builder request(SourceFile file) {
    GetObjectRequest.Builder request =
        GetObjectRequest.builder().bucket(bucket).key(file.path().toString().substring(1));
    return file.version().isEmpty() ? request : request.ifMatch("\"" + file.version() + "\"");
  }

  private <T> T patiently(String what, String permission, Supplier<T> call) {
    var retry = new S3Retry(patience);
    while (true) {
      try {
        return call.get();
      } catch (SdkException e) {
        retry.after(failures.of(e, what, permission));
      }
    }
  }

  /** What copies objects of this bucket. */
  S3Fetch fetch() {
    return new S3Fetch(
        (file, from) ->
            s3.getObject(request(file).range(from == 0 ? null : "bytes=" + from + "-").build()),
        (e, file) -> failures.of(e, shown(file.path().toString()), GET),
        patience);
  }

  @Override
  public String entry(String listed) {
    String here = "s3://" + bucket + "/";
    if (listed.startsWith(here)) {
      return listed.substring(here.length() - 1);
    }
    return listed.startsWith("s3://") ? "" : listed;
  }

  @Override
  public String shown(String path) {
    return "s3://" + bucket + path;
  }

  @Override
  public void close() {
    s3.close();
    credentials.close();
  }
}
