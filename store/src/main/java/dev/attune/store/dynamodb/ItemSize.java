package dev.attune.store.dynamodb;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.core.profile.Served;
import dev.attune.proto.v1.Fact;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.IdentityRecord;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Trait;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * What DynamoDB counts as the size of an item: names and values in UTF-8. What is above its limit
 * is refused here, where it can be said what is so large; DynamoDB would say it of every attempt
 * anew.
 */
final class ItemSize {
  /** 400 KB. */
  static final int BYTES_MAX = 400 << 10;

  /** A number has at most this many bytes; how many exactly depends on its digits. */
  private static final int NUMBER_BYTES = 21;

  private static final int TRAITS_SHOWN = 3;
  private static final int TRAIT_NAME_SHOWN = 64;

  private ItemSize() {}

  static long of(Map<String, AttributeValue> item) {
    long bytes = 0;
    for (Map.Entry<String, AttributeValue> attribute : item.entrySet()) {
      AttributeValue value = attribute.getValue();
      bytes += attribute.getKey().getBytes(UTF_8).length;
      if (value.s() != null) {
        bytes += value.s().getBytes(UTF_8).length;
      } else if (value.b() != null) {
        bytes += value.b().asByteArrayUnsafe().length;
      } else {
        bytes += NUMBER_BYTES;
      }
    }
    return bytes;
  }

  /**
   * Lets what fits pass.
   *
   * @throws IllegalStateException with sizes and the names of traits, never a value
   */
  static void check(Map<String, AttributeValue> item, ProfileRecord record) {
    long bytes = of(item);
    if (bytes > BYTES_MAX) {
      throw new IllegalStateException(
          "the profile would have " + allowed(bytes) + largestTraits(record));
    }
  }

  /** The same for an identity record, which is all links. */
  static void check(Map<String, AttributeValue> item, IdentityRecord record) {
    long bytes = of(item);
    if (bytes > BYTES_MAX) {
      throw new IllegalStateException(
          "the identity would have " + allowed(bytes) + "; links: " + record.getLinksCount());
    }
  }

  private static String allowed(long bytes) {
    return grouped(bytes) + " bytes (allowed: " + grouped(BYTES_MAX) + ")";
  }

  private static String largestTraits(ProfileRecord record) {
    return traitSizes(record.getLive()).entrySet().stream()
        .sorted(
            Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .limit(TRAITS_SHOWN)
        .map(trait -> shown(trait.getKey()) + " " + grouped(trait.getValue()))
        .reduce((a, b) -> a + ", " + b)
        .map(traits -> "; largest traits: " + traits)
        .orElse("");
  }

  /** What each trait takes in all: as served, and as a fact of each source that tells it. */
  private static Map<String, Long> traitSizes(LiveProfile live) {
    Map<String, Long> sizes = new HashMap<>();
    try {
      for (Fact fact : Facts.parseFrom(live.getFacts()).getFactsList()) {
        sizes.merge(fact.getTrait(), (long) fact.getSerializedSize(), Long::sum);
      }
      ByteString profile = new Served(live.getServed()).profileBytes();
      for (Trait trait : Profile.parseFrom(profile).getTraitsList()) {
        sizes.merge(trait.getName(), (long) trait.getSerializedSize(), Long::sum);
      }
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      return Map.of(); // Not readable: too large is all that can be said.
    }
    return sizes;
  }

  private static String shown(String trait) {
    return trait.length() <= TRAIT_NAME_SHOWN
        ? trait
        : trait.substring(0, TRAIT_NAME_SHOWN) + "...";
  }

  private static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
