package dev.attune.refresher.snapshot;

import java.io.IOException;
import java.util.Locale;
import java.util.Set;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;

/**
 * What S3 says of a bucket, in a sentence of ours: its own may name accounts and keys.
 *
 * @param region that requests are signed for
 * @param where how messages call the service
 */
record S3Failures(String bucket, String region, String where) {
  private static final Set<String> WRONG_CREDENTIALS =
      Set.of(
          "InvalidAccessKeyId",
          "SignatureDoesNotMatch",
          "InvalidToken",
          "ExpiredToken",
          "TokenRefreshRequired",
          "InvalidSecurity",
          "NotSignedUp");
  private static final Set<String> OTHER_REGION =
      Set.of(
          "PermanentRedirect",
          "TemporaryRedirect",
          "Redirect",
          "AuthorizationHeaderMalformed",
          "IllegalLocationConstraintException",
          "IncorrectEndpoint");
  private static final Set<String> NOT_NOW =
      Set.of("SlowDown", "RequestTimeout", "RequestLimitExceeded", "Throttling");

  /**
   * A {@link RefusedException} when it would be the same again, else an {@link
   * IllegalStateException}.
   *
   * @param what was to be read: an object's name, or what keys begin with
   * @param permission that is needed for it
   */
  RuntimeException of(Exception e, String what, String permission) {
    return switch (e) {
      case AwsServiceException said -> said(said, what, permission);
      case AbortedException _ -> {
        // The SDK may have taken it, and whoever tries again has to know.
        Thread.currentThread().interrupt();
        yield new IllegalStateException("interrupted while " + where + " was read");
      }
      case ApiCallTimeoutException _ ->
          new IllegalStateException(where + " did not answer in time");
      default -> new IllegalStateException(where + " cannot be reached, or broke off" + cause(e));
    };
  }

  private static boolean isPassing(int status, String code) {
    return (status >= 500 && status != 501) || status == 429 || NOT_NOW.contains(code);
  }

  private RuntimeException said(AwsServiceException e, String what, String permission) {
    String code = code(e);
    int status = e.statusCode();
    if (isPassing(status, code)) {
      return new IllegalStateException(where + " did not do its work" + shown(status, code));
    }
    if (code.equals("NoSuchBucket")) {
      return new RefusedException("there is no bucket " + bucket + " in " + where);
    }
    if (WRONG_CREDENTIALS.contains(code)) {
      return new RefusedException(where + " does not take the credentials" + shown(status, code));
    }
    if (code.equals("RequestTimeTooSkewed")) {
      return new RefusedException(
          where + " has another time than this machine (allowed: 15 minutes off)");
    }
    if (OTHER_REGION.contains(code) || status == 301 || status == 307) {
      return new RefusedException(
          "the bucket %s is not in the region %s%s (allowed: its own, as s3.region of the config)"
              .formatted(bucket, region, bucketRegion(e)));
    }
    if (code.equals("InvalidObjectState")) {
      return new RefusedException(
          what + " is archived (allowed: objects that can be read at once)");
    }
    if (status == 412 || status == 416 || code.equals("NoSuchKey")) {
      return new RefusedException(what + " was changed while it was read; refresh again");
    }
    return status == 403
        ? new RefusedException(
            "access to s3://%s is denied (needed: %s on %s)".formatted(bucket, permission, what))
        : new RefusedException(where + " refuses to read " + what + shown(status, code));
  }

  private static String code(AwsServiceException e) {
    AwsErrorDetails details = e.awsErrorDetails();
    String code = details == null ? "" : String.valueOf(details.errorCode());
    return code.matches("[A-Za-z]{1,60}") ? code : "";
  }

  private static String bucketRegion(AwsServiceException e) {
    AwsErrorDetails details = e.awsErrorDetails();
    if (details == null || details.sdkHttpResponse() == null) {
      return "";
    }
    return details
        .sdkHttpResponse()
        .firstMatchingHeader("x-amz-bucket-region")
        .filter(named -> named.matches("[a-z0-9-]{1,40}"))
        .map(named -> ", but in " + named)
        .orElse("");
  }

  private static String shown(int status, String code) {
    return " (" + status + (code.isEmpty() ? "" : " " + code) + ")";
  }

  // E.g. "connect", "unknown host": the class alone, as its message may hold anything.
  private static String cause(Exception e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException) {
        String words =
            cause
                .getClass()
                .getSimpleName()
                .replaceFirst("Exception$", "")
                .replaceAll("\\B([A-Z])", " $1");
        return " (" + words.toLowerCase(Locale.ROOT) + ")";
      }
    }
    return "";
  }
}
