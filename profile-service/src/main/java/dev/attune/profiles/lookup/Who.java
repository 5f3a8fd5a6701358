package dev.attune.profiles.lookup;

/** Whom a lookup is about, as the caller named them: personal data, never printed. */
sealed interface Who {
  /** The reserved namespace of groups. */
  String GROUP = "group_id";

  record ByIdentifier(String namespace, String value) implements Who {
    @Override
    public String toString() {
      return "an identifier";
    }
  }

  record ById(String profileId) implements Who {
    @Override
    public String toString() {
      return "a profile id";
    }
  }

  /** Not said, or said in a form that breaks a rule. */
  record Bad(Outcome.Failed why) implements Who {}

  static Who group(String value) {
    return new ByIdentifier(GROUP, value);
  }

  static Who missing() {
    return new Bad(new Outcome.Failed(Reason.INVALID_REQUEST, Messages.WHO));
  }
}
