package dev.attune.dispatcher.send;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Resolves a host once, checks every address, and hands exactly these to the connection: a name
 * that changes between a check and the use of it cannot lead elsewhere.
 */
final class CheckedResolver implements DnsResolver {
  /** Until when, on {@link System#nanoTime}, the attempt has time that this thread makes. */
  static final ScopedValue<Long> DEADLINE_NANOS = ScopedValue.newInstance();

  private final AddressPolicy policy;
  private final boolean tls;
  private final HostLookups lookups;

  CheckedResolver(AddressPolicy policy, boolean tls, HostLookups lookups) {
    this.policy = policy;
    this.tls = tls;
    this.lookups = lookups;
  }

  @Override
  public List<InetSocketAddress> resolve(String host, int port) throws UnknownHostException {
    String name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    Duration left = Duration.ofNanos(DEADLINE_NANOS.get() - System.nanoTime());
    InetAddress[] addresses = lookups.lookUp(name, left);
    for (InetAddress address : addresses) {
      Optional<String> refusal = policy.refusal(name, address, port, tls);
      if (refusal.isPresent()) {
        throw new AddressRefusedException(refusal.get());
      }
    }
    return Stream.of(addresses).map(address -> new InetSocketAddress(address, port)).toList();
  }

  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    // Without a port there is no telling what is allowed.
    throw new UnknownHostException("a look-up without a port");
  }

  @Override
  public String resolveCanonicalHostname(String host) {
    return host;
  }

  /** The message says which address and why. */
  static final class AddressRefusedException extends UnknownHostException {
    private static final long serialVersionUID = 1L;

    AddressRefusedException(String message) {
      super(message);
    }
  }
}
