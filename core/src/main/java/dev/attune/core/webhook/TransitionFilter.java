package dev.attune.core.webhook;

import java.util.Set;

/** Which audiences' transitions a webhook wants. */
public sealed interface TransitionFilter {
  /** Whether a transition of this audience is wanted. */
  boolean wants(String audience);

  /** Those of every audience, later ones included. */
  record All() implements TransitionFilter {
    @Override
    public boolean wants(String audience) {
      return true;
    }
  }

  /** Those of the named audiences; none when empty. */
  record Named(Set<String> audiences) implements TransitionFilter {
    public Named {
      audiences = Set.copyOf(audiences);
    }

    @Override
    public boolean wants(String audience) {
      return audiences.contains(audience);
    }
  }
}
