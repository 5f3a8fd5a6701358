package dev.attune.load.gatling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Those of a server that somebody else filled: {@code user_id:1}, {@code user_id:2} and so on. What
 * their traits are is not known here; an answer has to name the identifier that was asked for, and
 * one version of a profile has the same traits each time.
 */
final class NumberedPeople implements People {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final String namespace;
  private final AtomicReferenceArray<@Nullable Said> said;

  /** What an answer said of somebody; the traits as their checksum. */
  private record Said(String profileId, long version, long traits) {}

  NumberedPeople(String namespace, int size) {
    this.namespace = namespace;
    this.said = new AtomicReferenceArray<>(size);
  }

  @Override
  public int size() {
    return said.length();
  }

  @Override
  public String namespace() {
    return namespace;
  }

  @Override
  public String value(int index) {
    return String.valueOf(index + 1);
  }

  @Override
  public Optional<String> fault(int index, byte[] json, int offset, int length) {
    JsonNode profile = parse(json, offset, length);
    if (!names(profile, value(index))) {
      return Optional.of("it does not name the identifier that was asked for");
    }
    var now =
        new Said(
            profile.path("profile_id").asText(),
            profile.path("version").asLong(),
            checksum(profile.path("traits")));
    Said before = said.getAndSet(index, now);
    boolean same =
        before == null
            || before.version != now.version
            || !before.profileId.equals(now.profileId)
            || before.traits == now.traits;
    return same
        ? Optional.empty()
        : Optional.of("it has other traits than before under the same version");
  }

  private static JsonNode parse(byte[] json, int offset, int length) {
    try {
      return JSON.readTree(json, offset, length);
    } catch (IOException e) {
      throw new UncheckedIOException("an answer that is no JSON", e);
    }
  }

  private boolean names(JsonNode profile, String value) {
    for (JsonNode identifier : profile.path("identifiers")) {
      if (identifier.path("namespace").asText().equals(namespace)
          && identifier.path("value").asText().equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static long checksum(JsonNode traits) {
    var crc = new CRC32C();
    crc.update(traits.toString().getBytes(StandardCharsets.UTF_8));
    return crc.getValue();
  }
}
