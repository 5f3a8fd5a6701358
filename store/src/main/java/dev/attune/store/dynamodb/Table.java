package dev.attune.store.dynamodb;

import java.util.Locale;

/**
 * The tables of a workspace. Three, so that a scan of the profiles reads nothing else, and only
 * marks can expire. The key of each is {@value #KEY}, a string, without a sort key.
 *
 * <p>Attribute names are short: they are part of every item's size.
 */
enum Table {
  /** {@code <namespace>:<value>}: version, profile id, record. */
  IDENTITIES,
  /** Profile id: version, then served and facts, or a redirect. */
  PROFILES,
  /** Name: number, and when it may go. */
  MARKS;

  static final String KEY = "id";
  static final String VERSION = "v";

  /** Of an identity: the profile id, alone, so that a lookup need not read the links. */
  static final String PROFILE_ID = "p";

  /** Of an identity: the serialized IdentityRecord. */
  static final String RECORD = "b";

  static final String SERVED = "s";
  static final String FACTS = "f";

  /** Of a profile: the id of the one that it was merged into. */
  static final String REDIRECT = "r";

  /** Of a mark. */
  static final String NUMBER = "n";

  /** Of a mark: the second since 1970 after which DynamoDB may delete it. */
  static final String EXPIRES = "x";

  String name(String prefix) {
    return prefix + "-" + name().toLowerCase(Locale.ROOT);
  }
}
