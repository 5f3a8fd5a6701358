package dev.attune.store.redis;

import dev.attune.core.profile.Identifier;

/**
 * Names in Redis.
 *
 * <ul>
 *   <li>{@code <prefix>:i:<namespace>:<value>}, a hash: version, profile id, record
 *   <li>{@code <prefix>:p:<profile id>}, a hash: version, then served and facts, or a redirect
 *   <li>{@code <prefix>:m:<name>}, a string: a mark, with an expiry
 * </ul>
 */
record Keys(String prefix) {
  static final String VERSION = "v";

  /** Of an identity: the profile id, alone, so that a lookup need not read the links. */
  static final String PROFILE_ID = "p";

  /** Of an identity: the serialized IdentityRecord. */
  static final String RECORD = "r";

  static final String SERVED = "s";
  static final String FACTS = "f";

  /** Of a profile: the id of the one that it was merged into. */
  static final String REDIRECT = "r";

  String identity(Identifier identifier) {
    return prefix + ":i:" + identifier.namespace() + ":" + identifier.value();
  }

  String profile(String profileId) {
    return prefix + ":p:" + profileId;
  }

  String mark(String name) {
    return prefix + ":m:" + name;
  }

  /** Of all profiles; a prefix has no character that means something in a pattern. */
  String profilePattern() {
    return profile("*");
  }

  String profileId(String profileKey) {
    return profileKey.substring(profile("").length());
  }
}
