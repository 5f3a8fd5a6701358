package dev.attune.core.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
import dev.attune.core.definition.Yaml;
import dev.attune.core.profile.Identifier;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.Link;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class LinksTest {
  private static final Identifier USER = new Identifier("user_id", "7");
  private static final Identifier COOKIE = new Identifier("anonymous_id", "kiosk");

  private static IdentityRecord addAll(Identifier self, List<Link> links) {
    IdentityRecord record = IdentityRecord.getDefaultInstance();
    for (Link link : links) {
      record = Links.add(record, self, link, Catalog.DEFAULT).orElse(record);
    }
    return record;
  }

  private static List<Link> links(Identifier self, String namespace, int count) {
    List<Link> links = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      links.add(Links.link(self, new Identifier(namespace, "v" + i), i, "e" + i));
    }
    return links;
  }

  @Test
  void add_sameLinkLater_keepsTheEarliestStamp() {
    Link early = Links.link(USER, COOKIE, 10, "e1");
    Link late = Links.link(COOKIE, USER, 20, "e2");

    assertThat(addAll(USER, List.of(late, early)).getLinksList()).containsExactly(early);
    assertThat(addAll(USER, List.of(early, late)).getLinksList()).containsExactly(early);
  }

  @Test
  void add_cookieOfMoreThan32Users_isSharedForGood() {
    assertThat(addAll(COOKIE, links(COOKIE, "user_id", Links.SHARED_AFTER)).getShared()).isFalse();

    IdentityRecord shared = addAll(COOKIE, links(COOKIE, "user_id", Links.SHARED_AFTER + 1));
    assertThat(shared.getShared()).isTrue();
    assertThat(shared.getLinksList()).isEmpty();
    assertThat(Links.add(shared, COOKIE, Links.link(COOKIE, USER, 0, ""), Catalog.DEFAULT))
        .isEmpty();
  }

  @Test
  void add_userWithManyDevices_isNotSharedAndKeepsTheEarliest() {
    // Somebody who clears cookies every week must not fall apart after 32 weeks.
    List<Link> links = links(USER, "anonymous_id", Links.WEAKER_MAX + 50);
    List<Link> shuffled = new ArrayList<>(links);
    long seed = System.nanoTime();
    Collections.shuffle(shuffled, new Random(seed));

    IdentityRecord record = addAll(USER, shuffled);

    assertThat(record.getShared()).isFalse();
    assertThat(record.getLinksList())
        .as("seed " + seed)
        .containsExactlyInAnyOrderElementsOf(links.subList(0, Links.WEAKER_MAX));
  }

  // Aliases link users with who they were: with a cookie, or a user id that is not theirs any more.
  @Test
  void partition_ofRandomAliasesAndLogins_isTheSameInAnyOrder() {
    for (long seed : new Random().longs(2_000).toArray()) {
      Random random = new Random(seed);
      List<Link> links = new ArrayList<>();
      TreeSet<Identifier> identifiers = new TreeSet<>();
      for (int i = 1 + random.nextInt(12); i > 0; i--) {
        Identifier user = new Identifier("user_id", "u" + random.nextInt(4));
        Identifier previous =
            new Identifier(
                random.nextInt(3) == 0 ? "user_id" : "anonymous_id", "p" + random.nextInt(5));
        identifiers.addAll(List.of(user, previous));
        links.add(Links.link(user, previous, random.nextInt(6), "e" + i));
      }
      Partition expected = Partition.of(identifiers, links, Catalog.DEFAULT);
      Collections.shuffle(links, random);
      Partition shuffled =
          Partition.of(List.copyOf(identifiers).reversed(), links, Catalog.DEFAULT);
      for (Identifier identifier : identifiers) {
        assertThat(shuffled.component(identifier))
            .as("seed " + seed)
            .isEqualTo(expected.component(identifier));
        assertThat(
                shuffled.component(identifier).identifiers().stream()
                    .filter(member -> member.namespace().equals("user_id")))
            .as("seed " + seed)
            .hasSizeLessThan(2);
      }
    }
  }

  @Test
  void partition_secondUserOnOneCookie_isSkippedWhateverCameFirst() {
    Identifier other = new Identifier("user_id", "8");
    List<Link> links =
        List.of(Links.link(USER, COOKIE, 10, "e1"), Links.link(other, COOKIE, 20, "e2"));
    for (List<Link> order : List.of(links, links.reversed())) {
      Partition partition = Partition.of(List.of(COOKIE, other, USER), order, Catalog.DEFAULT);

      assertThat(partition.component(COOKIE).identifiers()).containsExactly(USER, COOKIE);
      assertThat(partition.component(other).identifiers()).containsExactly(other);
    }
  }

  @Test
  void add_whatAModelSays_isTheNewestWordInAnyOrder() {
    Link said = Links.ofModel(USER, COOKIE, 10, "model:people", false);
    Link takenBack = Links.ofModel(COOKIE, USER, 20, "model:people", true);
    Link ofEvent = Links.link(USER, COOKIE, 15, "e1");
    Link ofOther = Links.ofModel(USER, COOKIE, 5, "model:crm", false);

    for (List<Link> order :
        List.of(
            List.of(said, takenBack, ofEvent, ofOther),
            List.of(takenBack, ofOther, ofEvent, said))) {
      assertThat(addAll(USER, order).getLinksList()).containsExactly(ofEvent, ofOther, takenBack);
    }
    // Of one moment, that it is gone.
    Link again = said.toBuilder().setOccurredAtMicros(20).build();
    assertThat(addAll(USER, List.of(takenBack, again)).getLinksList()).containsExactly(takenBack);
    assertThat(addAll(USER, List.of(again, takenBack)).getLinksList()).containsExactly(takenBack);
  }

  @Test
  void add_moreOfModelsThanAreKept_keepsTheNewestWhateverCameFirst() {
    List<Link> links = new ArrayList<>();
    for (int i = 0; i < Links.OF_MODELS_MAX + 20; i++) {
      Identifier cookie = new Identifier("anonymous_id", "v" + i);
      links.add(Links.ofModel(USER, cookie, i, "model:people", false));
      links.add(Links.ofModel(USER, cookie, 1_000 + i, "model:people", i % 2 == 0));
    }
    List<Link> shuffled = new ArrayList<>(links);
    long seed = System.nanoTime();
    Collections.shuffle(shuffled, new Random(seed));

    IdentityRecord record = addAll(USER, shuffled);

    assertThat(record.getShared()).isFalse();
    assertThat(record.getLinksList()).as("seed " + seed).hasSize(Links.OF_MODELS_MAX);
    assertThat(record.getLinksList())
        .as("seed " + seed)
        .allSatisfy(link -> assertThat(link.getOccurredAtMicros()).isGreaterThanOrEqualTo(1_020));
  }

  @Test
  void add_personOfTheWarehouseWithManyIdentifiers_isNotShared() {
    Identifier person = new Identifier("warehouse", "p");
    IdentityRecord record = IdentityRecord.getDefaultInstance();
    for (int i = 0; i < 50; i++) {
      Link link = Links.ofModel(person, new Identifier("email", "v" + i), i, "model:people", false);
      record = Links.add(record, person, link, Catalog.DEFAULT).orElse(record);
    }
    assertThat(record.getShared()).isFalse();
    assertThat(record.getLinksCount()).isEqualTo(50);
  }

  @Test
  void partition_whatModelsSay_isTakenFirst_andTheNewestOfItBeforeTheRest() {
    Identifier other = new Identifier("user_id", "8");
    Identifier third = new Identifier("user_id", "9");
    List<Link> links =
        List.of(
            Links.link(USER, COOKIE, 1, "e1"),
            Links.ofModel(other, COOKIE, 5, "model:people", false),
            Links.ofModel(third, COOKIE, 9, "model:people", false));
    for (List<Link> order : List.of(links, links.reversed())) {
      Partition partition =
          Partition.of(List.of(COOKIE, other, USER, third), order, Catalog.DEFAULT);
      assertThat(partition.component(COOKIE).identifiers()).containsExactly(third, COOKIE);
    }
  }

  @Test
  void partition_split_keepsTwoApartThatOthersWouldBringTogether() {
    Identifier email = new Identifier("email", "a@example.org");
    List<Link> links =
        List.of(
            Links.link(USER, COOKIE, 1, "e1"),
            Links.link(COOKIE, email, 2, "e2"),
            Links.link(USER, email, 3, "e3"));
    List<Link> split = new ArrayList<>(links);
    split.add(Links.split(USER, email, 4, "ops", "why", false));
    List<Link> lifted = new ArrayList<>(links);
    lifted.add(Links.split(USER, email, 5, "ops", "why", true));
    List<Identifier> all = List.of(USER, COOKIE, email);

    assertThat(Partition.of(all, split, Catalog.DEFAULT).component(USER).identifiers())
        .containsExactly(USER, COOKIE);
    assertThat(Partition.of(all, split, Catalog.DEFAULT).component(email).identifiers())
        .containsExactly(email);
    assertThat(Partition.of(all, lifted, Catalog.DEFAULT).component(USER).identifiers())
        .containsExactly(USER, email, COOKIE);
  }

  @Test
  void partition_valueThatTheCatalogHasComeToBlock_linksNobody() {
    Catalog blocking =
        Catalog.parse(
            Yaml.parse(
                "catalog.yaml",
                "namespaces:\n  user_id: {unique: true}\n  anonymous_id: {blocked: [kiosk]}\n"));
    List<Link> links = List.of(Links.link(USER, COOKIE, 1, "e1"));

    Partition partition = Partition.of(List.of(USER, COOKIE), links, blocking);

    assertThat(partition.component(USER).identifiers()).containsExactly(USER);
    assertThat(partition.decisions())
        .containsExactly(
            new Partition.Decision(links.getFirst(), Partition.Outcome.BLOCKED, "anonymous_id"));
  }
}
