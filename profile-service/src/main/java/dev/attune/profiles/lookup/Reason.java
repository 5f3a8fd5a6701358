package dev.attune.profiles.lookup;

import io.grpc.Status;

/**
 * Why a lookup did not end with a profile: the one table that both transports translate by. {@code
 * docs/lookups.md} has it for people.
 */
enum Reason {
  /** Nobody is known by it. */
  NOT_FOUND("not_found", 404, Status.Code.NOT_FOUND, "absent", false),
  /** The identifier, profile id or group breaks a rule. */
  INVALID_IDENTIFIER("invalid_identifier", 400, Status.Code.INVALID_ARGUMENT, "invalid", false),
  /** Something else of the request breaks a rule. */
  INVALID_REQUEST("invalid_request", 400, Status.Code.INVALID_ARGUMENT, "invalid", false),
  /** No view of that name is defined. */
  UNKNOWN_VIEW("unknown_view", 400, Status.Code.INVALID_ARGUMENT, "invalid", false),
  /** A field that is none, or names a trait that the catalog does not declare. */
  UNKNOWN_FIELD("unknown_field", 400, Status.Code.INVALID_ARGUMENT, "invalid", false),
  /** The view has another version than the caller insists on. */
  VIEW_VERSION("view_version", 409, Status.Code.FAILED_PRECONDITION, "invalid", false),
  /** An entry for which the batch's reply has no room left. */
  REPLY_TOO_LARGE("reply_too_large", 413, Status.Code.OUT_OF_RANGE, "invalid", false),
  /** Too much is asked at once. */
  OVERLOADED("overloaded", 429, Status.Code.RESOURCE_EXHAUSTED, "overloaded", true),
  /** The store is away, or too slow. */
  UNAVAILABLE("unavailable", 503, Status.Code.UNAVAILABLE, "unavailable", true),
  /** What is stored makes no sense. */
  INTERNAL("internal_error", 500, Status.Code.INTERNAL, "corrupt", false);

  private final String code;
  private final int http;
  private final Status.Code grpc;
  private final String outcome;
  private final boolean retry;

  Reason(String code, int http, Status.Code grpc, String outcome, boolean retry) {
    this.code = code;
    this.http = http;
    this.grpc = grpc;
    this.outcome = outcome;
    this.retry = retry;
  }

  /** For programs. */
  String code() {
    return code;
  }

  int http() {
    return http;
  }

  Status.Code grpc() {
    return grpc;
  }

  /** How the metrics call it. */
  String outcome() {
    return outcome;
  }

  /** Whether the same request may succeed a second later. */
  boolean retry() {
    return retry;
  }
}
