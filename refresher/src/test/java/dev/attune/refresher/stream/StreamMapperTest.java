package dev.attune.refresher.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import dev.attune.core.stream.StreamDefinition;
import dev.attune.platform.http.Json;
import dev.attune.refresher.event.MalformedEventException;
import dev.attune.refresher.event.SegmentEvent;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamMapperTest {
  private static final String ORDERS =
      """
      name: orders
      topic: shop.orders
      format: json
      call: track
      event: Order Completed
      identifiers: {user_id: customer.id, anonymous_id: cookie, email: customer.mail, group_id: firm}
      time: {field: at, unit: milliseconds}
      id: number
      properties: {total: amount.value, currency: amount.currency}
      """;
  private static final String ANY =
      """
      name: calls
      topic: shop.calls
      format: json
      call: {field: type}
      event: {field: name}
      identifiers: {user_id: user, group_id: group}
      previous_id: before
      time: at
      properties: with
      traits: all
      """;

  private static JsonNode json(String json) {
    return Json.parse(json.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
  }

  private static JsonNode mapped(String yaml, String record) throws MalformedEventException {
    var stream = StreamDefinition.parse(Yaml.parse("streams/a.yaml", yaml), Catalog.DEFAULT);
    JsonNode event = new StreamMapper(stream).event(json(record), "at-0-7");
    SegmentEvent.check(event);
    return event;
  }

  @Test
  void track_hasWhatItsFieldsSay() throws Exception {
    assertThat(
            mapped(
                ORDERS,
                "{'customer':{'id':42,'mail':'a@b.example'},'cookie':'c','firm':'f','at':1500,"
                    + "'number':'o-1','amount':{'value':9.5,'currency':null,'net':8},'other':1}"))
        .isEqualTo(
            json(
                "{'type':'track','messageId':'o-1','userId':42,'anonymousId':'c',"
                    + "'context':{'groupId':'f','externalIds':[{'type':'email','id':'a@b.example'}]},"
                    + "'timestamp':'1970-01-01T00:00:01.500Z','event':'Order Completed',"
                    + "'properties':{'total':9.5,'currency':null}}"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'type':'track','name':'Seen','user':'u','with':{'a':1}}"
            + "|{'type':'track','messageId':'at-0-7','userId':'u','event':'Seen',"
            + "'properties':{'a':1}}",
        "{'type':'page','user':'u','with':{'name':'Home'}}"
            + "|{'type':'page','messageId':'at-0-7','userId':'u','properties':{'name':'Home'}}",
        "{'type':'screen','user':'u'}|{'type':'screen','messageId':'at-0-7','userId':'u'}",
        "{'type':'identify','user':'u','plan':'pro'}"
            + "|{'type':'identify','messageId':'at-0-7','userId':'u',"
            + "'traits':{'type':'identify','user':'u','plan':'pro'}}",
        "{'type':'group','user':'u','group':7}"
            + "|{'type':'group','messageId':'at-0-7','userId':'u','groupId':7,"
            + "'traits':{'type':'group','user':'u','group':7}}",
        "{'type':'alias','user':'u','before':'c'}"
            + "|{'type':'alias','messageId':'at-0-7','userId':'u','previousId':'c'}",
      })
  void calls_bySegmentsSpec(String record, String event) throws Exception {
    assertThat(mapped(ANY.replace("time: at\n", ""), record)).isEqualTo(json(event));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "iso|'2026-11-21T07:35:00+01:00'|2026-11-21T06:35:00Z",
        "iso|'2026-11-21'|2026-11-21T00:00:00Z",
        "seconds|1.000001|1970-01-01T00:00:01.000001Z",
        "seconds|-1|1969-12-31T23:59:59Z",
        "milliseconds|1763710500123|2025-11-21T07:35:00.123Z",
        "milliseconds|'2026-11-21T07:35:00Z'|2026-11-21T07:35:00Z",
        "microseconds|1763710500123456|2025-11-21T07:35:00.123456Z",
      },
      quoteCharacter = '`')
  void time_inItsUnit(String unit, String value, String time) throws Exception {
    String yaml = ANY.replace("time: at", "time: {field: at, unit: " + unit + "}");
    assertThat(
            mapped(yaml, "{'type':'page','user':'u','at':" + value + "}")
                .path("timestamp")
                .textValue())
        .isEqualTo(time);
  }

  // A sentence names the field as the definition calls it, and never says what stands there.
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'sec'|the record is no object",
        "['sec']|the record is no object",
        "{'cookie':'','at':1,'number':'n'}"
            + "|identifiers: customer.id and cookie are both missing or empty",
        "{'customer':'sec','at':1,'number':'n'}"
            + "|identifiers: customer.id and cookie are both missing or empty",
        "{'customer':{'id':{'a':'sec'}},'at':1,'number':'n'}"
            + "|identifiers.user_id: customer.id is neither a text nor a whole number",
        "{'cookie':'c','firm':1.5,'at':1,'number':'n'}"
            + "|identifiers.group_id: firm is neither a text nor a whole number",
        "{'cookie':'c','at':1}|id: number is missing, or neither a text nor a whole number",
        "{'cookie':'c','at':1,'number':['sec']}"
            + "|id: number is missing, or neither a text nor a whole number",
        "{'cookie':'c','number':'n'}|time: at is missing or no time (expected: ISO 8601 with an"
            + " offset, e.g. 2026-11-21T07:35:00Z, or milliseconds since 1970)",
        "{'cookie':'c','number':'n','at':1e99}|time: at is missing or no time (expected: ISO 8601"
            + " with an offset, e.g. 2026-11-21T07:35:00Z, or milliseconds since 1970)",
        "{'cookie':'c','number':'n','at':'sec'}|time: at is missing or no time (expected: ISO 8601"
            + " with an offset, e.g. 2026-11-21T07:35:00Z, or milliseconds since 1970)",
      })
  void record_thatIsNoOrder_isSaidByItsField(String record, String said) {
    assertThatThrownBy(() -> mapped(ORDERS, record))
        .isInstanceOf(MalformedEventException.class)
        .hasMessage(said);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'user':'u','type':'sec','at':'2026-11-21'}|call: type is missing or no call (allowed:"
            + " identify, track, page, screen, group, alias)",
        "{'user':'u','type':'track','at':'2026-11-21'}|event: name is missing or no text",
        "{'user':'u','type':'track','name':' ','at':'2026-11-21'}"
            + "|event: missing, or not a text of 1 to 200 characters",
        "{'user':'u','type':'page','with':'sec','at':'2026-11-21'}|properties: with is no object",
        "{'user':'u','type':'page','at':1763710500}|time: at is missing or no time (expected: ISO"
            + " 8601 with an offset, e.g. 2026-11-21T07:35:00Z; for numbers the stream has to say"
            + " their unit)",
        "{'user':'u','type':'alias','at':'2026-11-21'}"
            + "|userId or previousId: missing (an alias needs both)",
        "{'user':'u','type':'group','at':'2026-11-21'}"
            + "|groupId: missing (a group call is about a group)",
      })
  void record_thatIsNoCall_isSaidByItsField(String record, String said) {
    assertThatThrownBy(() -> mapped(ANY, record))
        .isInstanceOf(MalformedEventException.class)
        .hasMessage(said);
  }
}
