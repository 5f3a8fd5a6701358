package dev.attune.evaluator;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.definition.Definitions;
import dev.attune.platform.definition.DefinitionsSource;
import dev.attune.platform.http.HttpServer;
import dev.attune.platform.http.HttpServerConfig;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.EvaluatorState;
import dev.attune.proto.v1.HeldMembership;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.ReadOnlyKeyValueStore;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is told of who is in an audience, from states that stand still. */
final class MembershipsHttpTest {
  private static final long NOW = 1_750_000_000_000_000L;

  /** How far the events have come: behind the clock, so that no end has been told. */
  private static final long REACHED = NOW - 60_000_000L;

  private static final String ENDED = "0".repeat(31) + "1";
  private static final String GOES_ON = "0".repeat(31) + "2";
  private static final String ENDLESS = "0".repeat(31) + "3";

  private final Kept states = new Kept(new TreeMap<>());
  private HttpServer server;

  @BeforeEach
  void start() {
    var audiences =
        new CurrentAudiences(
            DefinitionsSource.fixed(
                Definitions.parse(
                    List.of(
                        Definition.newBuilder()
                            .setKind("audience")
                            .setId("counts")
                            .setVersion(1)
                            .setPath("audiences/counts.yaml")
                            .setYaml("name: counts\nwhen: {event: Paid, within: 30d}\n")
                            .build()))));
    var metrics = new EvaluatorMetrics(new SimpleMeterRegistry());
    var looks =
        new ProfileStates(
            () -> states, () -> new TreeSet<>(List.of(0)), _ -> states, () -> REACHED);
    server =
        HttpServer.start(
            HttpServerConfig.onPort(0),
            List.of(
                new ExplainHttp(audiences, metrics, looks, () -> NOW)::routes,
                new MembersHttp(audiences, metrics, looks, new LongLook("busy"), () -> NOW)
                    ::routes));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  // The exit is on its way; a lookup leaves such a membership out already.
  @Test
  void membership_whoseEndHasCome_isNone() throws Exception {
    keep(ENDED, NOW);
    keep(GOES_ON, NOW + 1);
    keep(ENDLESS, 0);

    JsonNode members = get("/v1/audiences/counts/members").path("members");
    assertThat(members)
        .extracting(member -> member.path("profile_id").asText())
        .containsExactly(GOES_ON, ENDLESS);
    assertThat(members.get(0).path("valid_until").asText()).isNotEmpty();

    assertThat(explained(ENDED).path("member").asBoolean(true)).isFalse();
    assertThat(explained(ENDED).has("since")).isFalse();
    assertThat(explained(GOES_ON).path("member").asBoolean()).isTrue();
    assertThat(explained(ENDLESS).path("since").asText()).isNotEmpty();
  }

  private JsonNode explained(String profileId) throws Exception {
    return get("/v1/audiences/counts/explain?profile_id=" + profileId);
  }

  private void keep(String profileId, long validUntil) {
    states
        .entries()
        .put(
            profileId,
            EvaluatorState.newBuilder()
                .addMemberships(
                    HeldMembership.newBuilder()
                        .setAudience("counts")
                        .setSinceMicros(NOW - 1_000_000)
                        .setToldValidUntilMicros(validUntil))
                .build()
                .toByteArray());
  }

  private JsonNode get(String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      var request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
              .timeout(Duration.ofSeconds(20))
              .GET();
      return Json.parse(client.send(request.build(), BodyHandlers.ofByteArray()).body());
    }
  }

  /** A store that is a map. */
  private record Kept(NavigableMap<String, byte[]> entries)
      implements ReadOnlyKeyValueStore<String, byte[]> {
    @Override
    public byte @Nullable [] get(String key) {
      return entries.get(key);
    }

    @Override
    public KeyValueIterator<String, byte[]> range(String from, String to) {
      return over(entries.tailMap(from, true));
    }

    @Override
    public KeyValueIterator<String, byte[]> all() {
      return over(entries);
    }

    @Override
    public long approximateNumEntries() {
      return entries.size();
    }

    private static KeyValueIterator<String, byte[]> over(Map<String, byte[]> entries) {
      Iterator<Map.Entry<String, byte[]>> each = entries.entrySet().iterator();
      return new KeyValueIterator<>() {
        @Override
        public boolean hasNext() {
          return each.hasNext();
        }

        @Override
        public KeyValue<String, byte[]> next() {
          Map.Entry<String, byte[]> next = each.next();
          return KeyValue.pair(next.getKey(), next.getValue());
        }

        @Override
        public String peekNextKey() {
          throw new UnsupportedOperationException("nobody peeks");
        }

        @Override
        public void close() {}
      };
    }
  }
}
