package dev.attune.store.dynamodb;

import dev.attune.core.profile.StoreException;
import dev.attune.core.profile.StoreException.Kind;
import java.io.IOException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.Crc32MismatchException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.dynamodb.model.ResourceNotFoundException;
import software.amazon.awssdk.thirdparty.jackson.core.JsonProcessingException;

/** What a failure of DynamoDB or of its SDK means to a caller. */
final class DynamoErrors {
  private DynamoErrors() {}

  static StoreException map(Throwable error) {
    return switch (error) {
      case StoreException e -> e;
      case AwsServiceException e -> refusal(e);
      // Without the cause: what the parser says quotes what it read.
      case SdkClientException e when isUnreadable(e) ->
          new StoreException(Kind.CORRUPT, "DynamoDB: an answer does not parse");
      // Addresses and states of connections, or where credentials were looked for; never an item.
      case SdkClientException e ->
          new StoreException(Kind.UNAVAILABLE, "DynamoDB: no answer, or none in time", e);
      case Throwable e -> new StoreException(Kind.CORRUPT, "DynamoDB: an answer makes no sense", e);
    };
  }

  /** Whether the same request may well succeed a moment later. */
  static boolean isTransient(Throwable error) {
    return switch (error) {
      case AwsServiceException e -> e.isThrottlingException() || e.statusCode() >= 500;
      case ApiCallAttemptTimeoutException _, Crc32MismatchException _ -> true;
      case SdkClientException e -> !isUnreadable(e) && hasCause(e, IOException.class);
      default -> false;
    };
  }

  private static boolean isUnreadable(SdkClientException error) {
    return hasCause(error, JsonProcessingException.class)
        || error.getCause() instanceof IllegalArgumentException;
  }

  private static boolean hasCause(Throwable error, Class<? extends Exception> type) {
    for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return true;
      }
    }
    return false;
  }

  /** Of what it says only the code is kept, for the rest may quote a key. */
  private static StoreException refusal(AwsServiceException error) {
    if (error instanceof ResourceNotFoundException) {
      return new StoreException(
          Kind.UNAVAILABLE, "DynamoDB: a table is not there (expected: created beforehand)");
    }
    String code = code(error);
    Kind kind = Kind.UNAVAILABLE;
    if (error.isThrottlingException()) {
      kind = Kind.OVERLOADED;
    } else if (code.equals("ValidationException") || code.equals("SerializationException")) {
      kind = Kind.CORRUPT;
    }
    return new StoreException(kind, "DynamoDB refused: " + code);
  }

  private static String code(AwsServiceException error) {
    String code = error.awsErrorDetails() == null ? null : error.awsErrorDetails().errorCode();
    return code != null && code.matches("[A-Za-z]{1,64}") ? code : "status " + error.statusCode();
  }
}
