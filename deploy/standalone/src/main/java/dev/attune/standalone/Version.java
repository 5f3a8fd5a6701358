package dev.attune.standalone;

import java.util.Optional;

/** Which Attune this is. */
final class Version {
  /** From the jar's manifest. */
  static final String TEXT =
      Optional.ofNullable(Version.class.getPackage().getImplementationVersion())
          .orElse("unpackaged");

  private Version() {}
}
