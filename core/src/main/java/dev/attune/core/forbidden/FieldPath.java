package dev.attune.core.forbidden;

import org.jspecify.annotations.Nullable;

/**
 * Where a field stands: its name, and the object's that it is in. Positions in lists are no part of
 * it.
 *
 * @param parent null at the top
 */
public record FieldPath(@Nullable FieldPath parent, String name) {
  /** A field at the top. */
  public static FieldPath of(String name) {
    return new FieldPath(null, name);
  }
}
