package dev.attune.refresher.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.core.profile.TraitFit;
import dev.attune.platform.http.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EventTimeTest {
  private static final Instant LOGGED = Instant.parse("2026-11-21T08:00:00Z");

  private static ObjectNode event(String json) {
    return (ObjectNode) Json.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static Instant time(ObjectNode event) throws MalformedEventException {
    return Instant.EPOCH.plus(EventTime.micros(event, TraitFit.micros(LOGGED)), ChronoUnit.MICROS);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{} | 2026-11-21T08:00:00Z",
        // Nothing says how wrong the clock is.
        "{'timestamp':'2026-11-20T08:00:00Z'} | 2026-11-20T08:00:00Z",
        "{'originalTimestamp':'2026-11-20T08:00:00Z'} | 2026-11-20T08:00:00Z",
        // Ten seconds before it was sent, on a clock that is an hour behind, ahead, years off.
        "{'timestamp':'2026-11-21T06:59:50Z','sentAt':'2026-11-21T07:00:00Z'} | 2026-11-21T07:59:50Z",
        "{'timestamp':'2026-11-21T08:59:50Z','sentAt':'2026-11-21T09:00:00Z'} | 2026-11-21T07:59:50Z",
        "{'originalTimestamp':'1970-01-01T00:00:00Z','sentAt':'1970-01-01T00:00:10Z'} |"
            + " 2026-11-21T07:59:50Z",
        // A phone that was offline for a day.
        "{'timestamp':'2026-11-20T08:00:00Z','sentAt':'2026-11-21T08:00:00Z'} | 2026-11-20T08:00:00Z",
        // Sent before it happened.
        "{'timestamp':'2026-11-21T08:30:00Z','sentAt':'2026-11-21T08:00:00Z'} | 2026-11-21T08:00:00Z",
        // Computed already.
        "{'timestamp':'2026-11-20T01:00:00Z','originalTimestamp':'2020-01-01T00:00:00Z',"
            + "'sentAt':'2026-11-21T08:00:00Z'} | 2026-11-20T01:00:00Z",
        // Received before the log had it, but never after.
        "{'receivedAt':'2026-11-21T07:00:00Z'} | 2026-11-21T07:00:00Z",
        "{'receivedAt':'2027-11-21T07:00:00Z'} | 2026-11-21T08:00:00Z",
        "{'timestamp':null,'sentAt':null} | 2026-11-21T08:00:00Z"
      })
  void micros_areSegments(String json, Instant expected) throws MalformedEventException {
    assertThat(time(event(json))).isEqualTo(expected);
  }

  // A replay from dead letters comes days later.
  @Test
  void stamp_keepsTheTime_howeverLateTheLogHasItAgain() throws MalformedEventException {
    for (String json :
        new String[] {
          "{}",
          "{'timestamp':'2026-11-21T06:59:50Z'}",
          "{'timestamp':'2026-11-21T06:59:50Z','sentAt':'2026-11-21T07:00:00Z'}",
          "{'originalTimestamp':'2026-11-21T06:59:50Z','sentAt':'2026-11-21T07:00:00Z'}"
        }) {
      ObjectNode event = event(json);
      Instant before = time(event);
      EventTime.stamp(event, LOGGED);
      assertThat(time(event)).isEqualTo(before);
      assertThat(EventTime.micros(event, TraitFit.micros(LOGGED.plus(9, ChronoUnit.DAYS))))
          .isEqualTo(TraitFit.micros(before));
    }
  }

  @Test
  void stamp_replacesAReceivedAtOfTheSenders() throws MalformedEventException {
    ObjectNode event = event("{'receivedAt':'2020-01-01T00:00:00Z'}");
    EventTime.stamp(event, LOGGED);
    assertThat(event.get("receivedAt").textValue()).isEqualTo("2026-11-21T08:00:00Z");
  }

  @Test
  void check_aTimeThatIsNone_namesTheField() {
    for (String field : new String[] {"timestamp", "originalTimestamp", "sentAt", "receivedAt"}) {
      assertThatThrownBy(() -> EventTime.check(event("{'" + field + "':'soon'}")))
          .hasMessageStartingWith(field + ": not an ISO 8601 time");
    }
  }
}
