package dev.attune.core.profile;

import dev.attune.core.profile.ProfileStore.IdentityWrite;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.IdentityChange;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.ProfileRecord;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * Tells changes so that the log's newest record of a profile is never older than the store's.
 *
 * <p>Two writers may store in one order and append in the other. So after the log has a change its
 * writer reads the stored version back, and tells the newer record again if someone was faster.
 */
final class ChangeEmitter {
  /** Causes in one change, in bytes; with the largest profile beside them it stays under 1 MB. */
  private static final int CAUSES_BYTES_MAX = 256 << 10;

  private static final int ATTEMPTS = 5;

  /** A record as it is stored, and what is told of it beside that. */
  record Told(ProfileRecord record, List<Cause> causes, Moved moved) {
    Told {
      causes = List.copyOf(causes);
    }

    static Told of(ProfileRecord record, List<Cause> causes) {
      return new Told(record, causes, Moved.NOTHING);
    }
  }

  private final StoreCalls store;
  private final ChangeSink sink;

  ChangeEmitter(StoreCalls store, ChangeSink sink) {
    this.store = store;
    this.sink = sink;
  }

  /**
   * Appends the changes; returns once the log has them for good. When one of them fails the others
   * are nevertheless looked after: each may be older than what is stored by now.
   */
  void emit(List<Told> changes) {
    Telling telling = new Telling();
    telling.add(changes);
    telling.end();
  }

  /** Changes on their way to the log, as {@link #emit}, but one part after the other. */
  final class Telling {
    private final List<Told> told = new ArrayList<>();
    private final List<CompletionStage<?>> acknowledgements = new ArrayList<>();

    /** Sends some; waits for none. */
    void add(List<Told> changes) {
      told.addAll(changes);
      changes.forEach(change -> send(change, acknowledgements));
    }

    /** Returns once the log has all of them for good. */
    void end() {
      Optional<RuntimeException> failure = await(acknowledgements);
      List<Told> newer = overtaken(told);
      for (int attempt = 1; !newer.isEmpty(); attempt++) {
        Optional<RuntimeException> again = append(newer);
        if (again.isEmpty()) {
          newer = overtaken(newer);
        } else if (attempt >= ATTEMPTS) {
          throw again.get();
        }
      }
      if (failure.isPresent()) {
        throw failure.get();
      }
    }
  }

  /** Appends identity records that are about to be written; returns once the log has them. */
  void emitIdentities(List<IdentityWrite> writes) {
    List<CompletionStage<?>> acknowledgements = new ArrayList<>();
    for (IdentityWrite write : writes) {
      acknowledgements.add(
          sink.emit(
              ProfileChange.newBuilder()
                  .setIdentity(
                      IdentityChange.newBuilder()
                          .setIdentifier(write.identifier().toProto())
                          .setRecord(write.record()))
                  .build()));
    }
    Optional<RuntimeException> failure = await(acknowledgements);
    if (failure.isPresent()) {
      throw failure.get();
    }
  }

  /**
   * Tells the records that are stored instead of these, which were told and could not be written:
   * the log's newest may be older than the store's now.
   */
  void emitOvertaken(List<IdentityWrite> told) {
    List<IdentityWrite> open = told;
    while (!open.isEmpty()) {
      List<Identifier> identifiers = open.stream().map(IdentityWrite::identifier).toList();
      List<Optional<IdentityRecord>> stored = store.readIdentities(identifiers);
      List<IdentityWrite> newer = new ArrayList<>();
      for (int i = 0; i < open.size(); i++) {
        IdentityRecord record = stored.get(i).orElse(IdentityRecord.getDefaultInstance());
        if (record.getVersion() >= open.get(i).record().getVersion()
            && !record.equals(open.get(i).record())) {
          newer.add(new IdentityWrite(identifiers.get(i), 0, record));
        }
      }
      emitIdentities(newer);
      open = newer;
    }
  }

  private Optional<RuntimeException> append(List<Told> changes) {
    List<CompletionStage<?>> acknowledgements = new ArrayList<>();
    changes.forEach(told -> send(told, acknowledgements));
    return await(acknowledgements);
  }

  private void send(Told told, List<CompletionStage<?>> acknowledgements) {
    for (List<Cause> part : parts(told.causes())) {
      Changed.Builder changed = Changed.newBuilder().setRecord(told.record()).addAllCauses(part);
      told.moved().addTo(changed);
      acknowledgements.add(sink.emit(ProfileChange.newBuilder().setChanged(changed).build()));
    }
  }

  private static Optional<RuntimeException> await(List<CompletionStage<?>> acknowledgements) {
    Optional<RuntimeException> failure = Optional.empty();
    for (CompletionStage<?> acknowledgement : acknowledgements) {
      try {
        StoreCalls.await(acknowledgement);
      } catch (RuntimeException e) {
        failure = Optional.of(e);
      }
    }
    return failure;
  }

  // The log has a largest record: many events of one person in one batch take several.
  private static List<List<Cause>> parts(List<Cause> causes) {
    List<List<Cause>> parts = new ArrayList<>(List.of(new ArrayList<>()));
    int bytes = 0;
    for (Cause cause : causes) {
      if (bytes + cause.getSerializedSize() > CAUSES_BYTES_MAX && !parts.getLast().isEmpty()) {
        parts.add(new ArrayList<>());
        bytes = 0;
      }
      parts.getLast().add(cause);
      bytes += cause.getSerializedSize();
    }
    return parts;
  }

  private List<Told> overtaken(List<Told> told) {
    List<ProfileRecord> records = told.stream().map(Told::record).toList();
    Map<String, Long> versions =
        patiently(records.stream().map(ProfileRecord::getProfileId).toList());
    if (records.stream()
        .anyMatch(r -> versions.getOrDefault(r.getProfileId(), 0L) < r.getVersion())) {
      // A replica took over that did not have it: writing it again is the only thing that helps.
      throw new StoreException(
          StoreException.Kind.UNAVAILABLE, "the store lost what it had acknowledged");
    }
    List<String> changed =
        records.stream()
            .filter(r -> versions.getOrDefault(r.getProfileId(), 0L) > r.getVersion())
            .map(ProfileRecord::getProfileId)
            .toList();
    return store.readProfiles(changed).values().stream()
        .flatMap(Optional::stream)
        .map(record -> Told.of(record, List.of()))
        .toList();
  }

  // An older record may be the log's newest now. Whoever repeats the input may not come by this
  // profile again, so a store that hiccups is asked again before giving up.
  private Map<String, Long> patiently(List<String> profileIds) {
    for (int attempt = 1; ; attempt++) {
      try {
        return store.readVersions(profileIds);
      } catch (StoreException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }
}
