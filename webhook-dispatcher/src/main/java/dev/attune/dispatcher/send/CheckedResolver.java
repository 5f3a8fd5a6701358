package dev.attune.dispatcher.send;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.hc.client5.http.DnsResolver;

/**
 * Resolves a host once, checks every address, and hands exactly these to the connection: a name
 * that changes between a check and the use of it cannot lead elsewhere.
 */
final class CheckedResolver implements DnsResolver {
  private static final Duration LOOKUP_MAX = Duration.ofSeconds(5);
  private static final int LOOKUPS_MAX = 8;
  private static final int LOOKUPS_WAITING_MAX = 256;

  private final AddressPolicy policy;
  private final boolean tls;
  private final Lookup lookup;

  // The platform's look-up cannot be interrupted: it may use up these threads, and no others.
  private final ThreadPoolExecutor lookups =
      new ThreadPoolExecutor(
          LOOKUPS_MAX,
          LOOKUPS_MAX,
          10,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(LOOKUPS_WAITING_MAX),
          Thread.ofPlatform().daemon().name("webhook-dns-", 0).factory());

  CheckedResolver(AddressPolicy policy, boolean tls, Lookup lookup) {
    this.policy = policy;
    this.tls = tls;
    this.lookup = lookup;
    lookups.allowCoreThreadTimeOut(true);
  }

  @Override
  public List<InetSocketAddress> resolve(String host, int port) throws UnknownHostException {
    String name = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    InetAddress[] addresses = lookUp(name);
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

  void close() {
    lookups.shutdownNow();
  }

  private InetAddress[] lookUp(String name) throws UnknownHostException {
    try {
      Future<InetAddress[]> found = lookups.submit(() -> lookup.resolve(name));
      return found.get(LOOKUP_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException | RejectedExecutionException e) {
      throw new UnknownHostException("the host's name does not resolve");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnknownHostException("interrupted");
    }
  }

  /** The platform's look-up; tests have their own. */
  @FunctionalInterface
  interface Lookup {
    InetAddress[] resolve(String host) throws UnknownHostException;
  }

  /** The message says which address and why. */
  static final class AddressRefusedException extends UnknownHostException {
    private static final long serialVersionUID = 1L;

    AddressRefusedException(String message) {
      super(message);
    }
  }
}
