package dev.attune.store.dynamodb;

import com.google.protobuf.ByteString;
import dev.attune.core.profile.Identifier;
import dev.attune.core.profile.LookupResult;
import dev.attune.core.profile.ProfileStore;
import dev.attune.core.profile.Served;
import dev.attune.core.profile.StoreException;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The way of one lookup from item to item: an identity, its profile, what that was merged into.
 * Says which item is next and takes what was found there; who reads it, and with how many others,
 * is not its business.
 */
final class Trail {
  /** Where an item lies. */
  record Place(Table table, String id) {}

  private static final LookupResult ABSENT = new LookupResult.Absent();

  private Place next;
  private int redirects;

  private Trail(Place start) {
    next = start;
  }

  static Trail of(Identifier identifier) {
    return new Trail(new Place(Table.IDENTITIES, Items.id(identifier)));
  }

  static Trail of(String profileId) {
    return new Trail(new Place(Table.PROFILES, profileId));
  }

  /** What of the items of a table is read. */
  static String projection(Table table) {
    return table == Table.IDENTITIES ? Table.PROFILE_ID : Table.SERVED + "," + Table.REDIRECT;
  }

  /** The item to read next. */
  Place next() {
    return next;
  }

  /**
   * Takes that item.
   *
   * @param item empty when it is not there
   * @return where it ends, or null when another item is next
   */
  @Nullable LookupResult take(Map<String, AttributeValue> item) {
    if (next.table() == Table.IDENTITIES) {
      return item.containsKey(Table.PROFILE_ID) ? on(item, Table.PROFILE_ID) : ABSENT;
    }
    ByteString served = Items.binary(item, Table.SERVED);
    if (served != null) {
      return new LookupResult.Found(new Served(served));
    }
    if (!item.containsKey(Table.REDIRECT)) {
      return ABSENT;
    }
    if (redirects++ == ProfileStore.REDIRECTS_MAX) {
      throw new StoreException(
          StoreException.Kind.CORRUPT,
          "more than " + ProfileStore.REDIRECTS_MAX + " redirects in a row");
    }
    return on(item, Table.REDIRECT);
  }

  private @Nullable LookupResult on(Map<String, AttributeValue> item, String attribute) {
    next = new Place(Table.PROFILES, Items.string(item, attribute));
    return null;
  }
}
