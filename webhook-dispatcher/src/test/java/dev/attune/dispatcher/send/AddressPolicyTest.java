package dev.attune.dispatcher.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressPolicyTest {
  private static final AddressPolicy NOTHING_ALLOWED = AddressPolicy.of(List.of());

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "169.254.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        // The same in IPv6's clothes: mapped, compatible, SIIT, NAT64, 6to4, Teredo, ISATAP.
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "::ffff:0:7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::1",
        "2002:a00:1::",
        "2001:0:7f00:1::1",
        "2001:0:53aa:64c:0:fbff:80ff:fffe",
        "2a00:1::5efe:a00:1",
        "2a00:1::200:5efe:7f00:1",
        "fe80::5efe:7f00:1",
        // Two forms at once: what looks like ISATAP's carries a public address, and the network
        // does not.
        "2001:0:808:808:0:5efe:80ff:fffe",
        "2001:db8::5efe:808:808",
        "::",
        "::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "febf::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "2001:20::1",
        "3fff::1",
        "100::1",
        "5f00::1",
        "4000::1",
      })
  void refusal_notPublic_isRefused(String address) throws Exception {
    assertThat(
            NOTHING_ALLOWED.refusal("crm.example.com", InetAddress.getByName(address), 443, true))
        .isPresent();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.1.1.1",
        "8.8.8.8",
        "9.255.255.255",
        "11.0.0.0",
        "100.63.255.255",
        "100.128.0.0",
        "126.255.255.255",
        "128.0.0.1",
        "169.253.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "192.167.1.1",
        "198.17.1.1",
        "198.20.0.1",
        "223.255.255.255",
        "2606:4700::1111",
        "2a00:1450::1",
        "64:ff9b::808:808",
        "2002:808:808::1",
        "2001:4860:4860::8888",
        "::ffff:8.8.8.8",
        "2a00:1::5efe:808:808",
      })
  void refusal_public_isNone(String address) throws Exception {
    assertThat(
            NOTHING_ALLOWED.refusal("crm.example.com", InetAddress.getByName(address), 443, true))
        .isEmpty();
  }

  @Test
  void refusal_httpWithoutTls_onlyWhereAllowed() throws Exception {
    InetAddress address = InetAddress.getByName("8.8.8.8");
    assertThat(NOTHING_ALLOWED.refusal("crm.example.com", address, 80, false))
        .contains("http without TLS to 8.8.8.8");
    assertThat(AddressPolicy.of(List.of("8.8.8.8:80")).refusal("x", address, 80, false)).isEmpty();
  }

  @Test
  void refusal_namesAddressAndKind() throws Exception {
    assertThat(NOTHING_ALLOWED.refusal("x", InetAddress.getByName("10.0.0.7"), 443, true))
        .contains("10.0.0.7 is private");
  }

  @ParameterizedTest
  @CsvSource({
    "127.0.0.1:18080, x, 127.0.0.1, 18080, true",
    "127.0.0.1:18080, x, 127.0.0.1, 18081, false",
    "127.0.0.1:18080, x, 127.0.0.2, 18080, false",
    "[::1]:18080, x, ::1, 18080, true",
    "[::1]:18080, x, ::1, 80, false",
    "receiver:8080, receiver, 10.0.0.9, 8080, true",
    "receiver:8080, RECEIVER, 10.0.0.9, 8080, true",
    "receiver:8080, other, 10.0.0.9, 8080, false",
    "10.1.0.0/16, x, 10.1.255.1, 5, true",
    "10.1.0.0/16, x, 10.2.0.1, 5, false",
    "10.1.0.0/15, x, 10.0.0.1, 5, true",
    "fd00:1::/64, x, fd00:1::9, 5, true",
    "fd00:1::/64, x, fd00:2::9, 5, false",
    "fd00:1::/64, x, 10.0.0.1, 5, false",
    "0.0.0.0/0, x, 10.0.0.1, 5, true",
  })
  void allow_entry_admitsOnlyWhatItNames(
      String entry, String host, String address, int port, boolean admitted) throws Exception {
    assertThat(
            AddressPolicy.of(List.of(entry))
                .refusal(host, InetAddress.getByName(address), port, false)
                .isEmpty())
        .isEqualTo(admitted);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "127.0.0.1",
        "localhost",
        ":80",
        "::1:80",
        "receiver:0",
        "receiver:x",
        "10.0.0.0/33",
        "receiver/8",
        "10.0.0.0/",
        "http://receiver:80",
        "999.0.0.1:80",
        "[receiver]:80",
      })
  void allow_otherForms_areRefusedWithASentence(String entry) {
    assertThatThrownBy(() -> AddressPolicy.of(List.of(entry)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("allow: ")
        .hasMessageContaining("allowed: e.g.");
  }
}
