package dev.attune.store.near;

import dev.attune.core.profile.Identifier;

/**
 * Estimates the heap that an entry takes, a little high: objects with headers of 12 bytes, and text
 * as if it were all of it beyond Latin-1.
 */
final class Weights {
  /** Caffeine's node with its links, its place in the hash table, and {@link Asked}. */
  private static final int ENTRY = 160;

  /** {@link Entry.Body}, what it wraps, and the array's header. */
  private static final int BODY = 120;

  private static final int POINTER = 32;
  private static final int NOBODY = 16;
  private static final int TEXT = 40;
  private static final int IDENTIFIER = 24;

  private Weights() {}

  /** Of an entry with its key, in bytes. */
  static int of(Object key, Entry entry) {
    return ENTRY + ofKey(key) + ofValue(entry);
  }

  private static int ofKey(Object key) {
    // Namespaces are the catalog's own strings, mostly; they are short, so they are counted too.
    return key instanceof Identifier identifier
        ? IDENTIFIER + text(identifier.namespace()) + text(identifier.value())
        : text((String) key);
  }

  private static int ofValue(Entry entry) {
    return switch (entry) {
      case Entry.Body body -> BODY + body.found().served().bytes().size();
      case Entry.Pointer pointer -> POINTER + text(pointer.profileId());
      case Entry.Nobody _ -> NOBODY;
    };
  }

  private static int text(String text) {
    return TEXT + 2 * text.length();
  }
}
