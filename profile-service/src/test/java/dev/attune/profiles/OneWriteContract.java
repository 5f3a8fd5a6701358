package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.profile.ProfileStore;
import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.GetProfileResponse;
import dev.attune.testkit.TcpSegments;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A reply leaves in one write. Each further one costs a system call here and a wake-up there, and
 * 40 ms should anybody switch off TCP_NODELAY: the second waits for the acknowledgement of the
 * first, and the other side is in no hurry.
 */
abstract class OneWriteContract {
  private static final int WARM_UP = 10;
  private static final int CALLS = 50;
  private static final long MEDIAN_MILLIS_MAX = 20;
  private static final String HOST = "\r\nHost: 127.0.0.1\r\n";
  private static final String GET = "GET /v1/profiles/user_id:42 HTTP/1.1" + HOST;
  private static final Pattern ETAG = Pattern.compile("(?i)\r\netag: *(\\S+)");

  private Service service;

  /** That profiles are read from. */
  abstract ProfileStore store();

  /** So many replies of gRPC may take two writes. */
  abstract int grpcInTwoMax();

  @BeforeEach
  void start() throws Exception {
    service = new Service(new ProfileServiceConfig(Duration.ofSeconds(5), 100), store());
  }

  @AfterEach
  void close() {
    service.close();
  }

  private static void assertOneSegmentEach(TcpSegments segments, int inTwoMax, Callable<?> call)
      throws Exception {
    for (int i = 0; i < WARM_UP; i++) {
      call.call();
    }
    long[] counts = new long[CALLS];
    long[] nanos = new long[CALLS];
    for (int i = 0; i < CALLS; i++) {
      long before = segments.received();
      long began = System.nanoTime();
      call.call();
      nanos[i] = System.nanoTime() - began;
      counts[i] = segments.received() - before;
    }
    long[] others = Arrays.stream(counts).filter(count -> count != 1).toArray();
    assertThat(others)
        .as("segments of replies that had not one")
        .hasSizeLessThanOrEqualTo(inTwoMax);
    assertThat(Arrays.stream(others).max().orElse(1)).isLessThanOrEqualTo(2);
    Arrays.sort(nanos);
    assertThat(Duration.ofNanos(nanos[CALLS / 2])).isLessThan(Duration.ofMillis(MEDIAN_MILLIS_MAX));
  }

  private void assertOneSegmentEach(String request, String status) throws Exception {
    try (RawHttp http = new RawHttp(service.http.port())) {
      TcpSegments segments = TcpSegments.of(http.socket());
      assertOneSegmentEach(
          segments, 0, () -> assertThat(http.call(request)).startsWith("HTTP/1.1 " + status + " "));
    }
  }

  @Test
  void httpReply_isOneWrite() throws Exception {
    assertOneSegmentEach(GET + "\r\n", "200");
    String body = "{\"identifier\": {\"namespace\": \"user_id\", \"value\": \"42\"}}";
    assertOneSegmentEach(
        "POST /v1/profiles:lookup HTTP/1.1"
            + HOST
            + "Content-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body,
        "200");
  }

  @Test
  void httpReply_withoutAProfile_isOneWrite() throws Exception {
    assertOneSegmentEach("GET /v1/profiles/user_id:nobody HTTP/1.1" + HOST + "\r\n", "404");
    assertOneSegmentEach("GET /v1/profiles/nowhere:1 HTTP/1.1" + HOST + "\r\n", "400");
    assertOneSegmentEach(GET + "If-None-Match: " + etag() + "\r\n\r\n", "304");
  }

  private String etag() throws Exception {
    try (RawHttp http = new RawHttp(service.http.port())) {
      Matcher etag = ETAG.matcher(http.call(GET + "\r\n"));
      assertThat(etag.find()).isTrue();
      return etag.group(1);
    }
  }

  @Test
  void grpcReply_isOneWrite() throws Exception {
    byte[] request =
        GetProfileRequest.newBuilder()
            .setIdentifier(Service.identifier("user_id", "42"))
            .build()
            .toByteArray();
    try (RawGrpc grpc = new RawGrpc(service.grpc.port())) {
      TcpSegments segments = TcpSegments.of(grpc.socket());
      assertOneSegmentEach(
          segments,
          grpcInTwoMax(),
          () ->
              assertThat(
                      GetProfileResponse.parseFrom(grpc.call("GetProfile", request))
                          .getProfile()
                          .getProfileId())
                  .isEqualTo(Service.JANE));
    }
  }
}
