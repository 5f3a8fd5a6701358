package dev.attune.dispatcher.send;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Which addresses a webhook may reach: those of the public internet, and those that the operator
 * allows. Everything else (this machine, its networks, its cloud's metadata) is refused, because a
 * definition, or whoever holds a name in the DNS, could otherwise make the dispatcher speak to it.
 *
 * <p>An IPv6 address that carries an IPv4 address is judged by that one; a form that we do not know
 * how to judge is refused.
 */
public final class AddressPolicy {
  private static final List<Refused> REFUSED_4 =
      List.of(
          new Refused("0.0.0.0/8", "of this network"),
          new Refused("10.0.0.0/8", "private"),
          new Refused("100.64.0.0/10", "of a carrier's NAT"),
          new Refused("127.0.0.0/8", "loopback"),
          new Refused("169.254.0.0/16", "link-local"),
          new Refused("172.16.0.0/12", "private"),
          new Refused("192.0.0.0/24", "of protocol assignments"),
          new Refused("192.0.2.0/24", "for documentation"),
          new Refused("192.88.99.0/24", "of 6to4 relays"),
          new Refused("192.168.0.0/16", "private"),
          new Refused("198.18.0.0/15", "for benchmarks"),
          new Refused("198.51.100.0/24", "for documentation"),
          new Refused("203.0.113.0/24", "for documentation"),
          new Refused("224.0.0.0/4", "multicast"),
          new Refused("255.255.255.255/32", "broadcast"),
          new Refused("240.0.0.0/4", "reserved"));

  // Beside everything outside 2000::/3, which needs no list.
  private static final List<Refused> REFUSED_6 =
      List.of(
          new Refused("2001::/23", "of protocol assignments (Teredo among them)"),
          new Refused("2001:db8::/32", "for documentation"),
          new Refused("3fff::/20", "for documentation"));

  private static final Network GLOBAL_UNICAST_6 = Network.parse("2000::/3");
  private static final Network NAT64 = Network.parse("64:ff9b::/96");
  private static final Network SIX_TO_FOUR = Network.parse("2002::/16");

  private final List<Allowed> allowed;

  private AddressPolicy(List<Allowed> allowed) {
    this.allowed = allowed;
  }

  /**
   * @param allow what is allowed although it would be refused, or although it is plain http: {@code
   *     127.0.0.1:18080}, {@code [::1]:18080}, {@code receiver:8080} (that name, wherever it
   *     points) or {@code 10.1.0.0/16} (any port)
   * @throws IllegalArgumentException for an entry of another form
   */
  public static AddressPolicy of(List<String> allow) {
    return new AddressPolicy(allow.stream().map(Allowed::parse).toList());
  }

  /**
   * Why an address must not be connected to; empty when it may.
   *
   * @param host as the url names it
   * @param tls false for plain http, which only allowed addresses may be spoken to with
   */
  Optional<String> refusal(String host, InetAddress address, int port, boolean tls) {
    for (Allowed entry : allowed) {
      if (entry.matches(host, address, port)) {
        return Optional.empty();
      }
    }
    String shown = address.getHostAddress();
    Optional<String> kind = kind(address);
    if (kind.isPresent()) {
      return Optional.of(shown + " is " + kind.get());
    }
    return tls ? Optional.empty() : Optional.of("http without TLS to " + shown);
  }

  private static Optional<String> kind(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (address instanceof Inet4Address) {
      return find(REFUSED_4, bytes);
    }
    if (NAT64.contains(bytes)) {
      return find(REFUSED_4, Arrays.copyOfRange(bytes, 12, 16));
    }
    if (SIX_TO_FOUR.contains(bytes)) {
      return find(REFUSED_4, Arrays.copyOfRange(bytes, 2, 6));
    }
    if (!GLOBAL_UNICAST_6.contains(bytes)) {
      return Optional.of(
          address.isLoopbackAddress()
              ? "loopback"
              : address.isLinkLocalAddress() ? "link-local" : "not globally routed");
    }
    // Before what an interface identifier may carry: a refused network stays refused.
    Optional<String> refused = find(REFUSED_6, bytes);
    if (refused.isPresent()) {
      return refused;
    }
    // ISATAP: an interface identifier of 0:5efe or 200:5efe, then an IPv4 address.
    if ((bytes[8] & 0xfd) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == (byte) 0xfe) {
      return find(REFUSED_4, Arrays.copyOfRange(bytes, 12, 16));
    }
    return Optional.empty();
  }

  private static Optional<String> find(List<Refused> refused, byte[] address) {
    return refused.stream()
        .filter(r -> r.network().contains(address))
        .findFirst()
        .map(Refused::kind);
  }

  private record Refused(Network network, String kind) {
    Refused(String network, String kind) {
      this(Network.parse(network), kind);
    }
  }

  /** One entry of the allow-list: a network on any port, or a host on one port. */
  private sealed interface Allowed {
    boolean matches(String host, InetAddress address, int port);

    static Allowed parse(String entry) {
      if (entry.indexOf('/') >= 0) {
        return new AllowedNetwork(Network.parse(entry));
      }
      int colon = entry.lastIndexOf(':');
      String host = colon < 0 ? "" : entry.substring(0, colon);
      String port = entry.substring(colon + 1);
      if (host.isEmpty()
          || !host.matches("\\[[0-9a-fA-F:.]+]|[A-Za-z0-9._-]+")
          || !port.matches("[1-9][0-9]{0,4}")) {
        throw new IllegalArgumentException(
            "allow: \""
                + entry
                + "\" is neither host:port nor a network (allowed: e.g. 127.0.0.1:8080, [::1]:8080,"
                + " receiver:8080, 10.1.0.0/16)");
      }
      if (host.startsWith("[")) {
        String address = host.substring(1, host.length() - 1);
        return new AllowedAddress(Network.parse(address + "/128"), Integer.parseInt(port));
      }
      return host.matches("[0-9.]+")
          ? new AllowedAddress(Network.parse(host + "/32"), Integer.parseInt(port))
          : new AllowedName(host, Integer.parseInt(port));
    }
  }

  private record AllowedNetwork(Network network) implements Allowed {
    @Override
    public boolean matches(String host, InetAddress address, int port) {
      return network.contains(address.getAddress());
    }
  }

  private record AllowedAddress(Network address, int port) implements Allowed {
    @Override
    public boolean matches(String host, InetAddress address, int port) {
      return port == this.port && this.address.contains(address.getAddress());
    }
  }

  private record AllowedName(String name, int port) implements Allowed {
    @Override
    public boolean matches(String host, InetAddress address, int port) {
      return port == this.port && name.equalsIgnoreCase(host);
    }
  }

  /** An address and how many of its leading bits count. */
  private static final class Network {
    private final byte[] address;
    private final int bits;

    private Network(byte[] address, int bits) {
      this.address = address;
      this.bits = bits;
    }

    static Network parse(String cidr) {
      int slash = cidr.indexOf('/');
      String address = cidr.substring(0, slash);
      String length = cidr.substring(slash + 1);
      // Only digits, dots and colons: a name would be looked up.
      if (address.matches("[0-9.]{7,15}|[0-9a-fA-F:.]*:[0-9a-fA-F:.]*")
          && length.matches("[0-9]{1,3}")) {
        try {
          byte[] bytes = InetAddress.getByName(address).getAddress();
          if (Integer.parseInt(length) <= bytes.length * 8) {
            return new Network(bytes, Integer.parseInt(length));
          }
        } catch (UnknownHostException e) {
          // Said below.
        }
      }
      throw new IllegalArgumentException(
          "allow: \"" + cidr + "\" is not a network (allowed: e.g. 10.1.0.0/16, fd00:1::/64)");
    }

    boolean contains(byte[] other) {
      if (other.length != address.length) {
        return false;
      }
      int whole = bits / 8;
      int rest = bits % 8;
      return Arrays.equals(address, 0, whole, other, 0, whole)
          && (rest == 0 || ((address[whole] ^ other[whole]) & 0xff) >>> (8 - rest) == 0);
    }
  }
}
