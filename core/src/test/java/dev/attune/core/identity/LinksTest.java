package dev.attune.core.identity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.core.catalog.Catalog;
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
}
