package dev.attune.dispatcher.send;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.attune.dispatcher.Webhooks;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Against vectors that others published. */
class SigningKeyTest {
  private static final String ID = "msg_p5jXN8AQM9LWM0D4loKWxJek";
  private static final long TIMESTAMP = 1_614_265_330;
  private static final ByteString BODY = ByteString.copyFromUtf8("{\"test\": 2432232314}");

  // Of the libraries of Standard Webhooks.
  @Test
  void hmac_knownVector_isEqual() {
    HmacKey key = HmacKey.of(Base64.getDecoder().decode(Webhooks.SECRET.substring(6)));
    assertThat(key.sign(ID, TIMESTAMP, BODY))
        .isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  }

  // Of Svix's server, whose keys have both halves.
  @Test
  void ed25519_knownVector_isEqual_withBothHalvesAndWithOne() {
    byte[] both = Base64.getDecoder().decode(Webhooks.SIGNING_KEY.substring(5));
    for (byte[] secret : new byte[][] {both, Arrays.copyOf(both, 32)}) {
      Ed25519Key key = Ed25519Key.of(secret);
      assertThat(key.sign(ID, TIMESTAMP, BODY))
          .isEqualTo(
              "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM"
                  + "+m7TBAg==");
      assertThat(key.publicKey()).isEqualTo(Arrays.copyOfRange(both, 32, 64));
    }
  }

  // RFC 8032, 7.1, the first one.
  @Test
  void ed25519_publicKey_isThatOfTheStandard() {
    Ed25519Key key =
        Ed25519Key.of(
            HexFormat.of()
                .parseHex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    assertThat(HexFormat.of().formatHex(key.publicKey()))
        .isEqualTo("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
  }

  // Whoever joined two keys' halves would send what nobody can verify.
  @Test
  void ed25519_halvesOfTwoPairs_areRefused() {
    byte[] mixed = Base64.getDecoder().decode(Webhooks.SIGNING_KEY.substring(5));
    mixed[63] ^= 1;
    assertThatThrownBy(() -> Ed25519Key.of(mixed)).isInstanceOf(IllegalArgumentException.class);
  }
}
