package dev.attune.load.audience;

import dev.attune.core.audience.AudienceSet;
import dev.attune.core.audience.ProfileState;
import dev.attune.core.definition.Definitions;
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Identifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** How large the state of a profile is when every one of its rings is full. */
final class StateSize {
  static final int MATCHERS = 20;
  static final int RING = 8;

  private static final long NOW_MICROS = 1_760_000_000_000_000L;
  private static final Duration WINDOW = Duration.ofDays(30);
  private static final long SEED = 1;

  private StateSize() {}

  /** In bytes, as it is stored. */
  static int bytes() {
    List<Definition> definitions = new ArrayList<>();
    definitions.add(
        definition(
            "catalog",
            "catalog",
            "catalog.yaml",
            "namespaces: {user_id: {unique: true}}\ntraits: {}\n"));
    for (int i = 0; i < MATCHERS; i++) {
      definitions.add(
          definition(
              "audience",
              "a" + i,
              "audiences/a" + i + ".yaml",
              "name: a%d\nwhen: {event: %s, count: '>= %d', within: %dd}\n"
                  .formatted(i, name(i), RING, WINDOW.toDays())));
    }
    AudienceSet audiences = AudienceSet.compile(Definitions.parse(definitions));
    var state = new ProfileState(audiences);
    var random = new Random(SEED);
    for (int i = 0; i < MATCHERS; i++) {
      for (int n = 0; n < RING; n++) {
        // As SDKs say them, in milliseconds.
        long at = NOW_MICROS - random.nextLong(WINDOW.toMillis()) * 1_000;
        var _ =
            state.add(
                Event.newBuilder()
                    .setEventId(i + "-" + n)
                    .setName(name(i))
                    .setVia(Identifier.newBuilder().setNamespace("user_id").setValue("u-4711"))
                    .setOccurredAtMicros(at)
                    .setReceivedAtMicros(at)
                    .build(),
                NOW_MICROS);
      }
    }
    return state.encode().getSerializedSize();
  }

  private static String name(int i) {
    return "Product Viewed " + i;
  }

  private static Definition definition(String kind, String id, String path, String yaml) {
    return Definition.newBuilder().setKind(kind).setId(id).setPath(path).setYaml(yaml).build();
  }
}
