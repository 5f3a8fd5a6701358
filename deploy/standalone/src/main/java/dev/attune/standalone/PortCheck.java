package dev.attune.standalone;

import dev.attune.embedded.PortHolder;
import dev.attune.standalone.terminal.Complaint;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.ServerSocket;

/** Looks at ports before anything starts: a taken one is said at once, and by whom it is held. */
final class PortCheck {
  private PortCheck() {}

  /**
   * @param what wants the port, e.g. {@code HTTP}
   * @param option that names another one
   * @param port 0 is always free
   */
  static void requireFree(String what, String host, int port, String option) {
    if (port == 0) {
      return;
    }
    InetAddress address;
    try {
      address = InetAddress.getByName(host);
      if (!address.isAnyLocalAddress() && NetworkInterface.getByInetAddress(address) == null) {
        throw new Complaint("host " + host + " is not an address of this machine.");
      }
    } catch (IOException e) {
      throw new Complaint("host " + host + " is not an address of this machine.", e);
    }
    try (var probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(address, port));
    } catch (IOException e) {
      throw taken(what, port, option, e);
    }
  }

  static Complaint taken(String what, int port, String option, Exception cause) {
    return new Complaint(
        "port "
            + port
            + ", wanted for "
            + what
            + ", is taken by "
            + PortHolder.describe(port)
            + ": stop it, or choose another port with "
            + option
            + " (0 = any free one).",
        cause);
  }
}
