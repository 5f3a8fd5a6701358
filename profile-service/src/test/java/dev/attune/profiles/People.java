package dev.attune.profiles;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.identity.Links;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.ProfileIds;
import dev.attune.core.profile.ProfileInput;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.ProfileWriter;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Link;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** People as the refresher writes them, linked and kept apart in every way there is. */
final class People {
  static final Identifier SEVEN = new Identifier("user_id", "7");
  static final Identifier EIGHT = new Identifier("user_id", "8");

  /** What the catalog has come to block. */
  static final Identifier NOBODY = new Identifier("user_id", "0");

  static final Identifier MAIL = email("seven");
  static final Identifier OF_MODEL = email("of-model");
  static final Identifier TAKEN_BACK = email("taken-back");
  static final Identifier SPLIT = email("split");
  static final Identifier LIFTED = email("lifted");
  static final Identifier KIOSK = email("kiosk");

  private static final String MODEL = "model:people";

  private People() {}

  private static Identifier email(String name) {
    return new Identifier("email", name + "@example.org");
  }

  /** Whom a path may name then. */
  static List<String> write(ProfileStore store) {
    Catalog catalog = Service.definitions().catalog();
    var writer =
        new ProfileWriter(
            store,
            _ -> CompletableFuture.completedFuture(null),
            () -> catalog,
            InstantSource.fixed(Service.NOW),
            Duration.ofSeconds(5));
    say(writer, MAIL, 5);
    say(writer, SEVEN, 10, Links.link(SEVEN, MAIL, 10, "e10"));
    say(writer, SEVEN, 11, Links.link(SEVEN, NOBODY, 11, "e11"));
    say(writer, EIGHT, 20, Links.link(EIGHT, MAIL, 20, "e20"));
    say(writer, OF_MODEL, 30, Links.ofModel(OF_MODEL, SEVEN, 30, MODEL, false));
    say(writer, TAKEN_BACK, 30, Links.ofModel(TAKEN_BACK, SEVEN, 30, MODEL, false));
    say(writer, TAKEN_BACK, 40, Links.ofModel(TAKEN_BACK, SEVEN, 40, MODEL, true));
    say(writer, SEVEN, 50, Links.link(SEVEN, SPLIT, 50, "e50"));
    say(writer, SEVEN, 60, Links.split(SEVEN, SPLIT, 60, "ops", "another person's", false));
    say(writer, SEVEN, 51, Links.link(SEVEN, LIFTED, 51, "e51"));
    say(writer, SEVEN, 61, Links.split(SEVEN, LIFTED, 61, "ops", "a mistake", true));
    say(writer, SEVEN, 70, Links.link(SEVEN, KIOSK, 70, "e70"));
    for (int i = 0; i < Links.SHARED_AFTER; i++) {
      Identifier other = new Identifier("user_id", "kiosk-" + i);
      say(writer, other, 80, Links.link(other, KIOSK, 80, "e80-" + i));
    }
    return List.of(
        "user_id:7", "user_id:8", "email:kiosk@example.org", "id:" + ProfileIds.of(MAIL));
  }

  private static void say(ProfileWriter writer, Identifier via, long at, Link... links) {
    writer.apply(
        List.of(
            new ProfileInput(
                via,
                List.of(),
                List.of(links),
                Cause.newBuilder()
                    .setEvent(Event.newBuilder().setEventId("e" + at).setOccurredAtMicros(at))
                    .build())));
  }
}
