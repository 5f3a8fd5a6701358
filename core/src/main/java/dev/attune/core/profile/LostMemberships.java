package dev.attune.core.profile;

import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Transition;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Transitions that came while the store lacked the profile that they are about. Whoever took them
 * found nobody and passed them over, so no record of the log has them.
 */
final class LostMemberships {
  private final StoreCalls store;
  private final ProfileWriter writer;
  private long merged;

  LostMemberships(StoreCalls store, ProfileWriter writer) {
    this.store = store;
    this.writer = writer;
  }

  /** Profiles to which something was added. */
  long merged() {
    return merged;
  }

  void restore(List<Transition> transitions) {
    Map<String, List<Transition>> byProfile =
        transitions.stream()
            .collect(
                Collectors.groupingBy(
                    Transition::getProfileId, LinkedHashMap::new, Collectors.toList()));
    Map<String, Optional<ProfileRecord>> stored = store.readProfiles(byProfile.keySet());
    List<Transition> missing = new ArrayList<>();
    long profiles = 0;
    for (var entry : byProfile.entrySet()) {
      // What a redirected profile was in is told for the one that it became.
      Optional<Facts> known =
          stored
              .getOrDefault(entry.getKey(), Optional.empty())
              .filter(ProfileRecord::hasLive)
              .map(record -> Content.of(record).facts());
      if (known.isPresent()
          && !ProfileWriter.memberships(known.get(), entry.getValue()).equals(known.get())) {
        missing.addAll(entry.getValue());
        profiles++;
      }
    }
    writer.applyMemberships(missing);
    merged += profiles;
  }
}
