package dev.attune.core.profile;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Profile ids and the digests that break ties. */
public final class ProfileIds {
  /** An id that no profile ever has. */
  static final String NOBODY = "0".repeat(32);

  // A digest for each fact of a large table: to look for the algorithm each time takes as long.
  private static final ThreadLocal<MessageDigest> SHA256 =
      ThreadLocal.withInitial(ProfileIds::newSha256);

  private ProfileIds() {}

  /**
   * The id of the profile whose strongest identifier this is: 32 hexadecimal characters, so that
   * two writers who create the same person create the same id.
   */
  public static String of(Identifier strongest) {
    byte[] digest =
        sha256()
            .digest(
                (strongest.namespace() + "\0" + strongest.value())
                    .getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest, 0, 16);
  }

  /** Whether a text has the form of a profile id. */
  public static boolean isProfileId(String text) {
    return text.matches("[0-9a-f]{32}");
  }

  /** This thread's own, fresh; to be used at once. */
  static MessageDigest sha256() {
    MessageDigest digest = SHA256.get();
    digest.reset();
    return digest;
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
