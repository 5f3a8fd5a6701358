package dev.attune.platform.http;

import java.util.Map;

/**
 * Thrown by a handler: the reply is the status with {@code {"code","message"}}.
 *
 * <p>The message goes to the caller and may go to a log: it names the rule, never a personal value.
 */
public final class HttpProblem extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;
  private final String code;
  private final Map<String, String> headers;

  /**
   * @param code for programs, e.g. {@code invalid_identifier}
   * @param message one sentence for people
   * @param headers of the reply, e.g. {@code Retry-After}
   */
  public HttpProblem(int status, String code, String message, Map<String, String> headers) {
    // An expected outcome: the stack says nothing that the code does not.
    super(message, null, false, false);
    this.status = status;
    this.code = code;
    this.headers = Map.copyOf(headers);
  }

  public HttpProblem(int status, String code, String message) {
    this(status, code, message, Map.of());
  }

  /** 400. */
  public static HttpProblem badRequest(String code, String message) {
    return new HttpProblem(400, code, message);
  }

  /** 404 with the code {@code not_found}. */
  public static HttpProblem notFound(String message) {
    return new HttpProblem(404, "not_found", message);
  }

  /** 503 with the code {@code unavailable}, worth a retry after a second. */
  public static HttpProblem unavailable(String message) {
    return new HttpProblem(503, "unavailable", message, Map.of("Retry-After", "1"));
  }

  public int status() {
    return status;
  }

  public String code() {
    return code;
  }

  Map<String, String> headers() {
    return headers;
  }
}
