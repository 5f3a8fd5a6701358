package dev.attune.core.audience;

import dev.attune.core.audience.ProfileState.RingKey;
import dev.attune.proto.v1.EvaluatorState;
import dev.attune.proto.v1.Identifier;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The stored form of rings. */
final class StoredRings {
  private StoredRings() {}

  static void write(Map<RingKey, EventRing> rings, EvaluatorState.Builder state) {
    if (rings.isEmpty()) {
      return;
    }
    List<Map.Entry<RingKey, EventRing>> sorted = new ArrayList<>(rings.entrySet());
    sorted.sort(Map.Entry.comparingByKey(RingKey::compareStored));
    long base = Long.MIN_VALUE;
    int vias = 0;
    int events = 0;
    for (int i = 0; i < sorted.size(); i++) {
      EventRing ring = sorted.get(i).getValue();
      base = Math.max(base, ring.newestMicros());
      events += ring.size();
      vias += beginsVia(sorted, i) ? 1 : 0;
    }
    var packed = new RingWriter(base, vias, sorted.size(), events);
    for (int i = 0; i < sorted.size(); i++) {
      RingKey key = sorted.get(i).getKey();
      if (beginsVia(sorted, i)) {
        state.addVias(Identifier.newBuilder().setNamespace(key.namespace()).setValue(key.value()));
        int next = i + 1;
        while (next < sorted.size() && !beginsVia(sorted, next)) {
          next++;
        }
        packed.rings(next - i);
      }
      packed.ring(key.id(), sorted.get(i).getValue());
    }
    state.setPackedRings(packed.toBytes());
  }

  private static boolean beginsVia(List<Map.Entry<RingKey, EventRing>> sorted, int i) {
    return i == 0 || !sorted.get(i).getKey().isSameVia(sorted.get(i - 1).getKey());
  }

  /**
   * Adds the rings of a state.
   *
   * @throws IllegalArgumentException when they contradict themselves
   */
  static void read(EvaluatorState state, AudienceSet audiences, Map<RingKey, EventRing> rings) {
    try {
      readFormer(state, audiences, rings);
      if (!state.getPackedRings().isEmpty()) {
        readPacked(state, audiences, rings);
      }
    } catch (ArithmeticException e) {
      throw new IllegalArgumentException("evaluator state: a ring has a time beyond all years", e);
    }
  }

  private static void readPacked(
      EvaluatorState state, AudienceSet audiences, Map<RingKey, EventRing> rings) {
    var packed = new RingReader(state.getPackedRings());
    for (Identifier via : state.getViasList()) {
      for (int left = packed.rings(); left > 0; left--) {
        long id = packed.id();
        String match = audiences.eventKeys().key(id);
        rings.put(new RingKey(match, id, via.getNamespace(), via.getValue()), packed.ring());
      }
    }
    packed.end();
  }

  // As they were written before there were packed ones.
  @SuppressWarnings("deprecation")
  private static void readFormer(
      EvaluatorState state, AudienceSet audiences, Map<RingKey, EventRing> rings) {
    for (var stored : state.getRingsList()) {
      if (stored.getVia() < 0 || stored.getVia() >= state.getViasCount()) {
        throw new IllegalArgumentException("evaluator state: a ring names no identifier of it");
      }
      int size = stored.getTimeDeltasCount();
      int late = stored.getHeardAfterCount();
      if (late != 0 && late != size) {
        throw new IllegalArgumentException(
            "evaluator state: a ring of %d times and %d hours".formatted(size, late));
      }
      long[] micros = new long[size];
      int[] heard = new int[size];
      for (int i = 0; i < size; i++) {
        long delta = stored.getTimeDeltas(i);
        micros[i] = i == 0 ? delta : micros[i - 1] - delta;
        heard[i] = EventRing.Entry.hour(micros[i]) + (late == 0 ? 0 : stored.getHeardAfter(i));
      }
      long[] hashes = new long[stored.getEventHashesCount()];
      for (int i = 0; i < hashes.length; i++) {
        hashes[i] = EventHash.ofEvent(stored.getEventHashes(i));
      }
      long[] taken = new long[stored.getTakenCount()];
      for (int i = 0; i < taken.length; i++) {
        taken[i] = stored.getTaken(i);
      }
      long id = EventKeys.id(stored.getEvent());
      Identifier via = state.getVias(stored.getVia());
      rings.put(
          new RingKey(audiences.eventKeys().key(id), id, via.getNamespace(), via.getValue()),
          EventRing.of(micros, hashes, heard, taken));
    }
  }
}
