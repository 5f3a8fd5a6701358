package dev.attune.dispatcher.send;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Resolves a host once and checks every address. Whoever connects is given exactly these, and never
 * the name: one that changes between a check and the use of it cannot lead elsewhere.
 */
final class CheckedResolver {
  private final AddressPolicy policy;
  private final HostLookups lookups;

  CheckedResolver(AddressPolicy policy, HostLookups lookups) {
    this.policy = policy;
    this.lookups = lookups;
  }

  /**
   * A host's addresses, all of which may be connected to.
   *
   * @param host as a url has it, an IPv6 address in brackets
   * @param tls false for plain http
   * @param deadlineNanos until when it may take, on {@link System#nanoTime}
   * @throws AddressRefusedException when one of them may not
   * @throws UnknownHostException when there are none, or none in time
   */
  List<InetAddress> resolve(String host, int port, boolean tls, long deadlineNanos)
      throws UnknownHostException {
    String name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    Duration left = Duration.ofNanos(deadlineNanos - System.nanoTime());
    InetAddress[] addresses = lookups.lookUp(name, left);
    for (InetAddress address : addresses) {
      Optional<String> refusal = policy.refusal(name, address, port, tls);
      if (refusal.isPresent()) {
        throw new AddressRefusedException(refusal.get());
      }
    }
    return List.of(addresses);
  }

  /** The message says which address and why. */
  static final class AddressRefusedException extends UnknownHostException {
    private static final long serialVersionUID = 1L;

    AddressRefusedException(String message) {
      super(message);
    }
  }
}
