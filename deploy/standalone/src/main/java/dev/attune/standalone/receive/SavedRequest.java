package dev.attune.standalone.receive;

import dev.attune.standalone.terminal.Complaint;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * A request as somebody kept it, as HTTP/1.1 writes it: headers, one a line, with or without a
 * request line above them; an empty line; the body, as it came.
 */
final class SavedRequest {
  private static final int HEADERS_MAX = 200;
  private static final Pattern REQUEST_LINE =
      Pattern.compile("[A-Z]{1,20} \\S+( HTTP/\\d(\\.\\d)?)?");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}");

  private final RequestHeaders headers;
  private final byte[] body;

  private SavedRequest(RequestHeaders headers, byte[] body) {
    this.headers = headers;
    this.body = body;
  }

  RequestHeaders headers() {
    return headers;
  }

  /** The body; without what stands behind its length, where a header says that. */
  byte[] body() {
    return body;
  }

  /**
   * Reads one.
   *
   * @throws Complaint that says which line is wrong, and does not repeat it
   */
  static SavedRequest parse(byte[] file) {
    RequestHeaders headers = new RequestHeaders();
    int at = 0;
    for (int number = 1; ; number++) {
      int end = at;
      while (end < file.length && file[end] != '\n') {
        end++;
      }
      if (end == file.length) {
        throw new Complaint(
            "the request has no empty line: it is the headers, one a line, an empty line, and the"
                + " body.");
      }
      String line = new String(file, at, end - at, StandardCharsets.UTF_8);
      line = line.endsWith("\r") ? line.substring(0, line.length() - 1) : line;
      at = end + 1;
      if (line.isEmpty()) {
        break;
      }
      if (number == 1 && REQUEST_LINE.matcher(line).matches()) {
        continue;
      }
      int colon = line.indexOf(':');
      if (colon <= 0 || !NAME.matcher(line.substring(0, colon)).matches()) {
        throw new Complaint("line " + number + " is no header (expected: NAME: VALUE).");
      }
      if (number > HEADERS_MAX) {
        throw new Complaint("the request has more than " + HEADERS_MAX + " headers.");
      }
      headers.add(line.substring(0, colon), line.substring(colon + 1).strip());
    }
    byte[] rest = Arrays.copyOfRange(file, at, file.length);
    return new SavedRequest(headers, cut(headers, rest));
  }

  // An editor ends a file with a line break, which was never sent.
  private static byte[] cut(RequestHeaders headers, byte[] body) {
    String length = headers.first("content-length").orElse("");
    if (!length.matches("\\d{1,9}")) {
      return body;
    }
    int sent = Integer.parseInt(length);
    if (body.length < sent) {
      throw new Complaint(
          "the body has "
              + body.length
              + " bytes, and Content-Length says "
              + sent
              + ": the end of it is missing.");
    }
    return Arrays.copyOf(body, sent);
  }
}
