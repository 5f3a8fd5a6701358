package dev.attune.profiles.lookup;

import com.google.protobuf.ByteString;
import dev.attune.proto.v1.TokenState;
import dev.attune.proto.v1.TraitStatus;
import java.util.List;

/**
 * What a lookup found.
 *
 * @param profile a serialized {@code Profile}: the stored bytes, unless a membership had ended or a
 *     part was asked for; empty when not modified
 * @param readAtMicros when the store was read
 * @param etag in quotes
 * @param notModified the caller has this very answer
 * @param statuses of the selected traits; empty for a whole profile
 * @param canonicalId what the asked profile id became; empty when it is the profile's own
 */
record Answer(
    ByteString profile,
    long readAtMicros,
    String etag,
    boolean notModified,
    TokenState tokenState,
    List<TraitStatus> statuses,
    Selection selection,
    String canonicalId) {}
