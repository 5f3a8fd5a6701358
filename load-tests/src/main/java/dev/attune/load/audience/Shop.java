package dev.attune.load.audience;

import dev.attune.core.audience.AudienceSet;
import dev.attune.core.definition.Definitions;
import dev.attune.proto.v1.Definition;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.ValueEntry;
import dev.attune.proto.v1.ValueObject;
import java.util.ArrayList;
import java.util.List;

/** Audiences of who looks at things of which category, and the events that say so. */
final class Shop {
  static final String EVENT = "Product Viewed";

  /** How many audiences ask for each category, all of them with another count or window. */
  static final int AUDIENCES_EACH = 10;

  /** An audience of whoever was seen within so many hours. */
  static final String SEEN = "seen";

  static final int SEEN_HOURS = 2;
  static final String SEEN_EVENT = "Seen";

  private static final String CATALOG = "namespaces: {user_id: {unique: true}}\ntraits: {}\n";
  private static final int COUNTS = 5;
  private static final int[] WINDOW_DAYS = {1, 30};

  private Shop() {}

  static String name(int category, int each) {
    return "views-" + category + "-" + each;
  }

  /** How many views an audience asks for. */
  static int count(int each) {
    return 1 + each % COUNTS;
  }

  /** Within how many days. */
  static int days(int each) {
    return WINDOW_DAYS[each / COUNTS];
  }

  static AudienceSet audiences(int categories) {
    return AudienceSet.compile(definitions(categories));
  }

  static Definitions definitions(int categories) {
    return Definitions.parse(files(categories));
  }

  private static List<Definition> files(int categories) {
    List<Definition> definitions = new ArrayList<>();
    definitions.add(definition("catalog", "catalog", "catalog.yaml", CATALOG));
    for (int category = 0; category < categories; category++) {
      for (int each = 0; each < AUDIENCES_EACH; each++) {
        String name = name(category, each);
        definitions.add(
            definition(
                "audience",
                name,
                "audiences/" + name + ".yaml",
                """
                name: %s
                when: {event: %s, where: properties.category == "c%d", count: ">= %d", within: %dd}
                """
                    .formatted(name, EVENT, category, count(each), days(each))));
      }
    }
    return definitions;
  }

  /** The same, and who was seen lately. */
  static Definitions definitionsAndSeen(int categories) {
    List<Definition> definitions = files(categories);
    definitions.add(
        definition(
            "audience",
            SEEN,
            "audiences/seen.yaml",
            "name: %s\nwhen: {event: %s, within: %dh}\n".formatted(SEEN, SEEN_EVENT, SEEN_HOURS)));
    return Definitions.parse(definitions);
  }

  private static Definition definition(String kind, String id, String path, String yaml) {
    return Definition.newBuilder().setKind(kind).setId(id).setPath(path).setYaml(yaml).build();
  }

  static Event view(long number, int person, int category, long atMicros) {
    return Event.newBuilder()
        .setEventId("view-" + number)
        .setName(EVENT)
        .setVia(Identifier.newBuilder().setNamespace("user_id").setValue("u" + person))
        .setOccurredAtMicros(atMicros)
        .setReceivedAtMicros(atMicros)
        .setProperties(
            Value.newBuilder()
                .setObject(
                    ValueObject.newBuilder()
                        .addEntries(property("category", "c" + category))
                        .addEntries(property("product_id", "p" + number % 10_000))
                        .addEntries(property("url", "https://shop.example/p/" + number % 10_000))))
        .build();
  }

  /** Somebody was there. */
  static Event seen(int person, long atMicros) {
    return Event.newBuilder()
        .setEventId("seen-" + person)
        .setName(SEEN_EVENT)
        .setVia(Identifier.newBuilder().setNamespace("user_id").setValue("u" + person))
        .setOccurredAtMicros(atMicros)
        .setReceivedAtMicros(atMicros)
        .build();
  }

  private static ValueEntry.Builder property(String name, String text) {
    return ValueEntry.newBuilder().setKey(name).setValue(Value.newBuilder().setText(text));
  }
}
