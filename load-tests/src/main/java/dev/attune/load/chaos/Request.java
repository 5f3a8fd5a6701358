package dev.attune.load.chaos;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A request of HTTP/1.1 with a body of a known length.
 *
 * @param path as it stands
 * @param headers by their names in lower case
 * @param body all of it, in UTF-8
 */
record Request(String path, Map<String, List<String>> headers, String body) {
  private static final int LINE_BYTES_MAX = 16 << 10;
  private static final int HEADERS_MAX = 100;
  private static final int BODY_BYTES_MAX = 1 << 20;

  /** Reads the next one; empty when the other side is done. */
  static Optional<Request> read(InputStream in) throws IOException {
    Optional<String> first = line(in);
    if (first.isEmpty()) {
      return Optional.empty();
    }
    String[] words = first.get().split(" ", -1);
    if (words.length != 3) {
      throw new IOException("not a request");
    }
    Map<String, List<String>> headers = new TreeMap<>();
    while (true) {
      String header = line(in).orElseThrow(EOFException::new);
      if (header.isEmpty()) {
        break;
      }
      int colon = header.indexOf(':');
      if (colon < 0 || headers.size() >= HEADERS_MAX) {
        throw new IOException("not a header");
      }
      headers.put(
          header.substring(0, colon).toLowerCase(Locale.ROOT),
          List.of(header.substring(colon + 1).strip()));
    }
    int length = Integer.parseInt(headers.getOrDefault("content-length", List.of("0")).getFirst());
    if (length > BODY_BYTES_MAX) {
      throw new IOException("too much of a body");
    }
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw new EOFException();
    }
    return Optional.of(new Request(words[1], headers, new String(body, StandardCharsets.UTF_8)));
  }

  /** The value of a header; empty when there is none. */
  String header(String name) {
    return headers.getOrDefault(name, List.of("")).getFirst();
  }

  private static Optional<String> line(InputStream in) throws IOException {
    var line = new ByteArrayOutputStream();
    for (int read = in.read(); read != '\n'; read = in.read()) {
      if (read < 0) {
        if (line.size() == 0) {
          return Optional.empty();
        }
        throw new EOFException();
      }
      if (line.size() >= LINE_BYTES_MAX) {
        throw new IOException("too long a line");
      }
      line.write(read);
    }
    return Optional.of(line.toString(StandardCharsets.ISO_8859_1).stripTrailing());
  }
}
