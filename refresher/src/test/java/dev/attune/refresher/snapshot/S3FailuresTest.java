package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.http.SdkHttpResponse;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** What AWS says and the server of the other tests does not: permissions, regions, archives. */
class S3FailuresTest {
  private static final S3Failures FAILURES = new S3Failures("shop", "eu-west-1", "S3 in eu-west-1");

  private static RuntimeException said(int status, String code) {
    return FAILURES.of(
        S3Exception.builder()
            .statusCode(status)
            .message("User: arn:aws:iam::1:user/hunter2 may not")
            .awsErrorDetails(
                AwsErrorDetails.builder()
                    .errorCode(code)
                    .errorMessage("hunter2")
                    .sdkHttpResponse(
                        SdkHttpResponse.builder()
                            .statusCode(status)
                            .putHeader("x-amz-bucket-region", "us-east-2")
                            .build())
                    .build())
            .build(),
        "s3://shop/out/*",
        "s3:ListBucket");
  }

  private static void refused(int status, String code, String message) {
    assertThat(said(status, code)).isInstanceOf(RefusedException.class).hasMessage(message);
  }

  private static void failed(int status, String code, String message) {
    assertThat(said(status, code)).isInstanceOf(IllegalStateException.class).hasMessage(message);
  }

  @Test
  void whatWouldBeTheSameAgain_isRefused() {
    refused(
        403,
        "AccessDenied",
        "access to s3://shop is denied (needed: s3:ListBucket on s3://shop/out/*)");
    refused(404, "NoSuchBucket", "there is no bucket shop in S3 in eu-west-1");
    String elsewhere =
        "the bucket shop is not in the region eu-west-1, but in us-east-2 (allowed: its own, as"
            + " s3.region of the config)";
    refused(301, "PermanentRedirect", elsewhere);
    refused(400, "AuthorizationHeaderMalformed", elsewhere);
    refused(
        403, "ExpiredToken", "S3 in eu-west-1 does not take the credentials (403 ExpiredToken)");
    refused(
        403,
        "RequestTimeTooSkewed",
        "S3 in eu-west-1 has another time than this machine (allowed: 15 minutes off)");
    refused(
        403,
        "InvalidObjectState",
        "s3://shop/out/* is archived (allowed: objects that can be read at once)");
    refused(
        412, "PreconditionFailed", "s3://shop/out/* was changed while it was read; refresh again");
    refused(
        501,
        "NotImplemented",
        "S3 in eu-west-1 refuses to read s3://shop/out/* (501 NotImplemented)");
    refused(400, "x hunter2 1", "S3 in eu-west-1 refuses to read s3://shop/out/* (400)");
  }

  @Test
  void whatMayGetBetter_isAFailure() {
    failed(503, "SlowDown", "S3 in eu-west-1 did not do its work (503 SlowDown)");
    failed(500, "InternalError", "S3 in eu-west-1 did not do its work (500 InternalError)");
    failed(400, "RequestTimeout", "S3 in eu-west-1 did not do its work (400 RequestTimeout)");
    assertThat(
            FAILURES.of(
                SdkClientException.create("hunter2", new ConnectException("hunter2")), "", ""))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("S3 in eu-west-1 cannot be reached, or broke off (connect)");
  }
}
