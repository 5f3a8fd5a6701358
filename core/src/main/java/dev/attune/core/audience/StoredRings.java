package dev.attune.core.audience;

import dev.attune.core.audience.ProfileState.RingKey;
import dev.attune.proto.v1.EvaluatorState;
import dev.attune.proto.v1.Identifier;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;

/** The stored form of rings. */
final class StoredRings {
  private StoredRings() {}

  static void write(Map<RingKey, EventRing> rings, EvaluatorState.Builder state) {
    Map<Identifier, Integer> vias =
        new TreeMap<>(
            Comparator.comparing(Identifier::getNamespace).thenComparing(Identifier::getValue));
    rings.keySet().forEach(key -> vias.put(via(key), 0));
    for (var via : vias.entrySet()) {
      via.setValue(state.getViasCount());
      state.addVias(via.getKey());
    }
    new TreeMap<>(rings)
        .forEach(
            (key, ring) -> {
              var stored =
                  dev.attune.proto.v1.EventRing.newBuilder()
                      .setEvent(key.match())
                      .setVia(vias.getOrDefault(via(key), 0));
              long newer = 0;
              boolean late = false;
              boolean measured = false;
              for (int n = 1; n <= ring.size(); n++) {
                long time = ring.nth(n);
                stored.addTimeDeltas(n == 1 ? time : newer - time);
                stored.addEventHashes(ring.hash(n));
                late |= ring.entry(n).heardAfter() > 0;
                measured |= ring.taken(n) != 0;
                newer = time;
              }
              for (int n = 1; late && n <= ring.size(); n++) {
                stored.addHeardAfter(ring.entry(n).heardAfter());
              }
              for (int n = 1; measured && n <= ring.size(); n++) {
                stored.addTaken(ring.taken(n));
              }
              state.addRings(stored);
            });
  }

  static void read(EvaluatorState state, Map<RingKey, EventRing> rings) {
    for (var stored : state.getRingsList()) {
      if (stored.getVia() < 0 || stored.getVia() >= state.getViasCount()) {
        throw new IllegalArgumentException("evaluator state: a ring names no identifier of it");
      }
      Identifier via = state.getVias(stored.getVia());
      long[] micros = new long[stored.getTimeDeltasCount()];
      long[] hashes = new long[stored.getEventHashesCount()];
      for (int i = 0; i < micros.length; i++) {
        long delta = stored.getTimeDeltas(i);
        micros[i] = i == 0 ? delta : micros[i - 1] - delta;
      }
      int[] heard = new int[micros.length];
      for (int i = 0; i < micros.length; i++) {
        int after = stored.getHeardAfterCount() == 0 ? 0 : stored.getHeardAfter(i);
        heard[i] = EventRing.Entry.hour(micros[i]) + after;
      }
      for (int i = 0; i < hashes.length; i++) {
        hashes[i] = stored.getEventHashes(i);
      }
      long[] taken = new long[stored.getTakenCount()];
      for (int i = 0; i < taken.length; i++) {
        taken[i] = stored.getTaken(i);
      }
      rings.put(
          new RingKey(stored.getEvent(), via.getNamespace(), via.getValue()),
          EventRing.of(micros, hashes, heard, taken));
    }
  }

  private static Identifier via(RingKey key) {
    return Identifier.newBuilder().setNamespace(key.namespace()).setValue(key.value()).build();
  }
}
