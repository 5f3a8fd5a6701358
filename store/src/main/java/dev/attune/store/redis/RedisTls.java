package dev.attune.store.redis;

/**
 * Whether connections are encrypted. If they are, the server's certificate must be signed by an
 * authority that is trusted, and be for the very host that was asked for: a name, or an address as
 * the nodes of a cluster call themselves.
 *
 * @param enabled whether to encrypt
 * @param authoritiesFile certificates (PEM) of the authorities to trust; empty for the JDK's own
 * @param certificateFile our certificate and those that it hangs on (PEM), for servers that ask for
 *     one; empty for none
 * @param keyFile the private key of our certificate (PKCS#8 PEM, without a password); empty for
 *     none
 */
public record RedisTls(
    boolean enabled, String authoritiesFile, String certificateFile, String keyFile) {
  public static final RedisTls OFF = new RedisTls(false, "", "", "");

  /** With the authorities that the JDK trusts. */
  public static final RedisTls ON = new RedisTls(true, "", "", "");

  public RedisTls {
    if (!enabled && !(authoritiesFile + certificateFile + keyFile).isEmpty()) {
      throw new IllegalArgumentException("tls: off, but there are files for it");
    }
    if (certificateFile.isEmpty() != keyFile.isEmpty()) {
      throw new IllegalArgumentException("tls: a certificate and its key belong together");
    }
  }

  /** With authorities of one's own. */
  public static RedisTls trusting(String authoritiesFile) {
    return new RedisTls(true, authoritiesFile, "", "");
  }
}
