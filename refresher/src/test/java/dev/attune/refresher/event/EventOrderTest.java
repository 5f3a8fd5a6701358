package dev.attune.refresher.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.Sources;
import dev.attune.core.profile.Fold;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.store.memory.MemoryProfileStore;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** I1 from the event on: calls of every kind, in any order and with copies, give equal profiles. */
class EventOrderTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(5);
  private static final Instant START = Instant.parse("2026-11-21T08:00:00Z");
  private static final int SEQUENCES = 500;

  /** An event, when the log had it, and with which key it came. */
  private record Received(String json, long atMicros, String source) {}

  @Test
  void apply_callsOfEveryKind_inAnyOrderAndWithCopies_giveEqualProfiles() throws Exception {
    for (long seed : new Random().longs(SEQUENCES).toArray()) {
      Random random = new Random(seed);
      List<Received> events = new ArrayList<>();
      for (int n = 1 + random.nextInt(25); n > 0; n--) {
        events.add(event(random, n));
      }
      Map<String, String> expected = profiles(events);
      List<Received> again = new ArrayList<>(events);
      for (int copies = random.nextInt(6); copies > 0; copies--) {
        again.add(events.get(random.nextInt(events.size())));
      }
      Collections.shuffle(again, random);
      assertThat(profiles(again)).as("seed " + seed).isEqualTo(expected);
    }
  }

  private static Map<String, String> profiles(List<Received> events) throws Exception {
    Map<String, String> profiles = new TreeMap<>();
    try (ProfileStore store = new MemoryProfileStore()) {
      var writer =
          new ProfileWriter(
              store,
              _ -> CompletableFuture.completedFuture(null),
              () -> Catalog.DEFAULT,
              InstantSource.system(),
              TIMEOUT);
      List<Identifier> seen = new ArrayList<>();
      for (Received event : events) {
        List<ProfileInput> inputs =
            EventInputs.of(
                    SegmentEvent.parse(event.json().getBytes(StandardCharsets.UTF_8), "none"),
                    new EventInputs.Origin(event.atMicros(), false, false, "", event.source()),
                    Catalog.DEFAULT)
                .inputs();
        writer.apply(inputs);
        inputs.forEach(input -> seen.add(input.via()));
      }
      for (Identifier identifier : seen) {
        var found =
            (LookupResult.Found) store.find(identifier, TIMEOUT).toCompletableFuture().join();
        profiles.put(
            identifier.namespace() + " " + identifier.value(),
            HexFormat.of().formatHex(Fold.canonical(found.served().profile())));
      }
    }
    return profiles;
  }

  private static Received event(Random random, int number) {
    Instant received = START.plusSeconds(random.nextInt(30));
    String type =
        List.of("identify", "track", "page", "screen", "group", "alias").get(random.nextInt(6));
    StringBuilder json = new StringBuilder("{'type':'" + type + "','messageId':'m" + number + "'");
    boolean user = type.equals("alias") || random.nextBoolean();
    if (user) {
      json.append(",'userId':'u").append(random.nextInt(4)).append('\'');
    }
    if (!user || random.nextInt(3) == 0) {
      json.append(",'anonymousId':'a").append(random.nextInt(6)).append('\'');
    }
    switch (type) {
      case "track" -> json.append(",'event':'E'");
      case "group" -> json.append(",'groupId':'g").append(random.nextInt(3)).append('\'');
      case "alias" -> json.append(",'previousId':'a").append(random.nextInt(6)).append('\'');
      default -> {}
    }
    if (type.equals("identify") || type.equals("group")) {
      json.append(",'traits':").append(traits(random));
    }
    json.append(",'context':{'traits':").append(traits(random));
    if (random.nextInt(3) == 0) {
      json.append(",'groupId':'g").append(random.nextInt(3)).append('\'');
    }
    if (random.nextInt(4) == 0) {
      json.append(",'externalIds':[{'type':'email','id':'e")
          .append(random.nextInt(4))
          .append("'}]");
    }
    json.append('}');
    if (random.nextBoolean()) {
      // A clock of its own, an hour off.
      Instant theirs = received.plusSeconds(random.nextBoolean() ? 3_600 : -3_600);
      json.append(",'timestamp':'")
          .append(theirs.minusSeconds(random.nextInt(10)))
          .append("','sentAt':'")
          .append(theirs)
          .append('\'');
    }
    return new Received(
        json.append('}').toString().replace('\'', '"'),
        received.toEpochMilli() * 1_000,
        Sources.events(random.nextBoolean() ? "web" : ""));
  }

  private static String traits(Random random) {
    StringBuilder traits = new StringBuilder("{'plan':").append(random.nextInt(3));
    if (random.nextInt(3) == 0) {
      traits.append(",'email':'e").append(random.nextInt(4)).append('\'');
    }
    return traits.append('}').toString();
  }
}
