package dev.attune.dispatcher.send;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.InitialDirContext;

/**
 * A name server on a port of its own that answers as its owner likes, each question for IPv4
 * addresses in another way; the last answer stands. Nothing may be kept: the time to live is zero.
 */
final class RebindingDns implements AutoCloseable {
  private static final int A = 1;
  private static final int AAAA = 28;
  private static final int QUESTION = 12;
  private static final int PACKET_BYTES = 512;

  private final DatagramSocket socket;
  private final ConcurrentLinkedQueue<List<InetAddress>> answers = new ConcurrentLinkedQueue<>();
  private final AtomicInteger asked = new AtomicInteger();
  private volatile List<InetAddress> last = List.of();

  RebindingDns(InetAddress loopback) throws IOException {
    socket = new DatagramSocket(new InetSocketAddress(loopback, 0));
    Thread.ofVirtual().start(this::serve);
  }

  /** What the next question for addresses is told, and all after it until another answer is set. */
  void next(InetAddress... addresses) {
    answers.add(List.of(addresses));
  }

  /** How often IPv4 addresses were asked for. */
  int asked() {
    return asked.get();
  }

  /** Asks this server, with the JDK's own client of the DNS, which remembers nothing. */
  @SuppressWarnings("BanJNDI") // What it reads are addresses, and the server is this one.
  InetAddress[] resolve(String host) throws UnknownHostException {
    Properties environment = new Properties();
    environment.setProperty("java.naming.factory.initial", "com.sun.jndi.dns.DnsContextFactory");
    environment.setProperty(
        "java.naming.provider.url",
        "dns://" + socket.getLocalAddress().getHostAddress() + ":" + socket.getLocalPort());
    List<InetAddress> found = new ArrayList<>();
    try {
      InitialDirContext context = new InitialDirContext(environment);
      try {
        for (String type : List.of("A", "AAAA")) {
          Attribute attribute = context.getAttributes(host, new String[] {type}).get(type);
          NamingEnumeration<?> values = attribute == null ? null : attribute.getAll();
          while (values != null && values.hasMore()) {
            found.add(InetAddress.getByName((String) values.next()));
          }
        }
      } finally {
        context.close();
      }
    } catch (NamingException e) {
      throw new UnknownHostException(host);
    }
    return found.toArray(InetAddress[]::new);
  }

  private void serve() {
    byte[] bytes = new byte[PACKET_BYTES];
    try {
      while (true) {
        DatagramPacket packet = new DatagramPacket(bytes, bytes.length);
        socket.receive(packet);
        byte[] reply = reply(Arrays.copyOf(bytes, packet.getLength()));
        socket.send(new DatagramPacket(reply, reply.length, packet.getSocketAddress()));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private byte[] reply(byte[] query) throws IOException {
    int end = QUESTION;
    while (query[end] != 0) {
      end += query[end] + 1;
    }
    int type = ByteBuffer.wrap(query).getShort(end + 1);
    // The name's end, its type and its class.
    end += 5;
    if (type == A) {
      asked.incrementAndGet();
      List<InetAddress> next = answers.poll();
      last = next == null ? last : next;
    }
    int length = type == A ? 4 : 16;
    List<InetAddress> told =
        type == A || type == AAAA
            ? last.stream().filter(address -> address.getAddress().length == length).toList()
            : List.of();
    ByteArrayOutputStream reply = new ByteArrayOutputStream();
    reply.write(query, 0, 2);
    // An answer, recursion desired and available; one question, and so many answers.
    reply.write(new byte[] {(byte) 0x81, (byte) 0x80, 0, 1, 0, (byte) told.size(), 0, 0, 0, 0});
    reply.write(query, QUESTION, end - QUESTION);
    for (InetAddress address : told) {
      // The question's name, its type, class IN, no time to live.
      reply.write(new byte[] {(byte) 0xc0, QUESTION, 0, (byte) type, 0, 1, 0, 0, 0, 0, 0});
      reply.write(length);
      reply.write(address.getAddress());
    }
    return reply.toByteArray();
  }

  @Override
  public void close() {
    socket.close();
  }
}
