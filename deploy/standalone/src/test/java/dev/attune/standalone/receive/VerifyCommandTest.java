package dev.attune.standalone.receive;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.standardwebhooks.Webhook;
import dev.attune.standalone.Main;
import dev.attune.standalone.terminal.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What a person is told about a request, signed by the reference library and the JDK. */
class VerifyCommandTest {
  private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  private static final String OTHER = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
  private static final String BODY = "{\"type\":\"event\"}";
  private static final long SENT = 1_772_359_200;
  private static final String AT = "2026-03-01T10:00:12Z";

  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private String v1 = "";
  private String v1a = "";
  private String publicKey = "";

  @BeforeEach
  void sign() throws Exception {
    v1 = new Webhook(SECRET).sign("msg_1", SENT, BODY);
    KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
    Signature signature = Signature.getInstance("Ed25519");
    signature.initSign(pair.getPrivate());
    signature.update(("msg_1." + SENT + "." + BODY).getBytes(UTF_8));
    v1a = "v1a," + Base64.getEncoder().encodeToString(signature.sign());
    byte[] spki = pair.getPublic().getEncoded();
    publicKey =
        "whpk_"
            + Base64.getEncoder()
                .encodeToString(Arrays.copyOfRange(spki, spki.length - 32, spki.length));
  }

  private static String request(String id, long timestamp, String signature, String body) {
    return "POST /hook HTTP/1.1\r\nWebhook-Id: %s\r\nwebhook-timestamp: %d\r\nwebhook-signature: %s\r\n\r\n%s"
        .formatted(id, timestamp, signature, body);
  }

  private int verify(String request, String... options) {
    Terminal terminal =
        Terminal.plain(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8));
    Map<String, String> environment =
        Map.of("SECRET", SECRET, "OTHER", OTHER, "PUBLIC", publicKey, "BAD", "swordfish");
    CommandLine command =
        new CommandLine(
            new VerifyCommand(
                terminal, environment, new ByteArrayInputStream(request.getBytes(UTF_8))));
    Main.explain(command, terminal);
    String[] arguments = Arrays.copyOf(options, options.length + 3);
    arguments[options.length] = "-";
    arguments[options.length + 1] = "--at";
    arguments[options.length + 2] = AT;
    return command.execute(arguments);
  }

  private String said() {
    String said = out.toString(UTF_8) + err.toString(UTF_8);
    out.reset();
    err.reset();
    return said;
  }

  @Test
  void genuine_saysWhichSecretFits() {
    String request = request("msg_1", SENT, v1 + " " + v1a, BODY);
    assertThat(verify(request, "--secret-env", "OTHER", "--secret-env", "SECRET")).isZero();
    assertThat(said())
        .isEqualTo(
            """
            ok     webhook-id: msg_1
            ok     webhook-timestamp: 2026-03-01T10:00:00Z, 12 s ago
            ok     signature 1 (v1) fits the environment variable SECRET
            ok     signature 2 (v1a) cannot be verified: no key for v1a was given: one that fits is enough
            The request is genuine.
            """);
    assertThat(verify(request, "--secret-env", "PUBLIC")).isZero();
    assertThat(said()).contains("ok     signature 2 (v1a) fits the environment variable PUBLIC\n");
  }

  @Test
  void otherSecret_isNamed() {
    assertThat(verify(request("msg_1", SENT, v1, BODY), "--secret-env", "OTHER")).isOne();
    assertThat(said())
        .contains("wrong  the signature (v1) does not fit the environment variable OTHER\n")
        .endsWith(
            """
            wrong  so it was signed with another secret, or the id, the timestamp or a byte of the body is not what was signed
            The request is not to be believed.
            """)
        .doesNotContain(SECRET)
        .doesNotContain(OTHER);
  }

  @Test
  void otherIdTimestampOrBody_isNotBelieved_withEitherScheme() {
    for (String request :
        new String[] {
          request("msg_2", SENT, v1 + " " + v1a, BODY),
          request("msg_1", SENT + 1, v1 + " " + v1a, BODY),
          request("msg_1", SENT, v1 + " " + v1a, BODY.replace("event", "events"))
        }) {
      assertThat(verify(request, "--secret-env", "SECRET", "--secret-env", "PUBLIC")).isOne();
      assertThat(said())
          .contains("signature 1 (v1) does not fit", "signature 2 (v1a) does not fit");
    }
  }

  @Test
  void oldOrFutureTimestamp_isNamed_thoughTheSignatureFits() throws Exception {
    String old = new Webhook(SECRET).sign("msg_1", SENT - 300, BODY);
    assertThat(verify(request("msg_1", SENT - 300, old, BODY), "--secret-env", "SECRET")).isOne();
    assertThat(said())
        .contains(
            "wrong  webhook-timestamp: 2026-03-01T09:55:00Z, 312 s ago: more than 300 s off\n",
            "ok     the signature (v1) fits");
    String early = new Webhook(SECRET).sign("msg_1", SENT + 400, BODY);
    assertThat(verify(request("msg_1", SENT + 400, early, BODY), "--secret-env", "SECRET")).isOne();
    assertThat(said()).contains("388 s in the future: more than 300 s off\n");
  }

  @Test
  void whatPeopleDoWrongMost_isRecognised() throws Exception {
    assertThat(verify(request("msg_1", SENT, v1, BODY + "\n"), "--secret-env", "SECRET")).isOne();
    assertThat(said()).contains("without the line break at its end the body fits");

    String lines = "{\n\"type\":1}";
    String signed = new Webhook(SECRET).sign("msg_1", SENT, lines);
    assertThat(
            verify(
                request("msg_1", SENT, signed, lines.replace("\n", "\r\n")),
                "--secret-env",
                "SECRET"))
        .isOne();
    assertThat(said()).contains("its line breaks were changed");

    String textAsKey =
        new Webhook(Base64.getEncoder().encodeToString(SECRET.getBytes(UTF_8)))
            .sign("msg_1", SENT, BODY);
    assertThat(verify(request("msg_1", SENT, textAsKey, BODY), "--secret-env", "SECRET")).isOne();
    assertThat(said()).contains("took the text of the environment variable SECRET for the key");

    // The length says where the body ends.
    assertThat(
            verify(
                request("msg_1", SENT, v1, BODY + "\n")
                    .replace("\r\n\r\n", "\r\nContent-Length: " + BODY.length() + "\r\n\r\n"),
                "--secret-env",
                "SECRET"))
        .isZero();
  }

  @Test
  void missingOrDoubledHeaders_areNamed() {
    assertThat(
            verify(
                "webhook-id: msg_1\nwebhook-id: msg_2\nwebhook-timestamp: soon\n\n" + BODY,
                "--secret-env",
                "SECRET"))
        .isOne();
    assertThat(said())
        .contains(
            "wrong  webhook-id stands there 2 times: one was expected\n",
            "wrong  webhook-timestamp is no number of seconds since 1970\n",
            "wrong  webhook-signature is not there\n");
  }

  @Test
  void signaturesThatAreNone_areNamed() {
    for (String signature :
        new String[] {"v1", ",", "v1,not base64!", "v1,", "v2,AAAA", "v1a,AA=="}) {
      assertThat(
              verify(
                  request("msg_1", SENT, signature, BODY),
                  "--secret-env",
                  "SECRET",
                  "--secret-env",
                  "PUBLIC"))
          .as(signature)
          .isOne();
      assertThat(said()).contains("wrong  ").endsWith("The request is not to be believed.\n");
    }
  }

  @Test
  void requestThatIsNone_saysWhichLine() {
    assertThat(verify("webhook-id msg_1\n\n{}", "--secret-env", "SECRET")).isOne();
    assertThat(said()).isEqualTo("attune: line 1 is no header (expected: NAME: VALUE).\n");
    assertThat(verify("", "--secret-env", "SECRET")).isOne();
    assertThat(said()).startsWith("attune: the request has no empty line");
    assertThat(verify("content-length: 9\n\n{}", "--secret-env", "SECRET")).isOne();
    assertThat(said())
        .isEqualTo(
            "attune: the body has 2 bytes, and Content-Length says 9: the end of it is missing.\n");
  }

  @Test
  void secretThatIsNone_isNeverRepeated() throws Exception {
    String request = request("msg_1", SENT, v1, BODY);
    assertThat(verify(request)).isOne();
    assertThat(said()).startsWith("attune: nothing to verify with");
    assertThat(verify(request, "--secret-env", "NONE")).isOne();
    assertThat(said()).isEqualTo("attune: the environment variable NONE is not set.\n");
    assertThat(verify(request, "--secret-env", SECRET)).isOne();
    assertThat(said())
        .isEqualTo(
            "attune: --secret-env is the name of an environment variable, not the secret itself.\n");
    assertThat(verify(request, "--secret-env", "BAD")).isOne();
    assertThat(said()).contains("holds nothing to verify with").doesNotContain("swordfish");

    Path file = folder.resolve("secret");
    Files.writeString(file, "whsk_" + OTHER.substring(6) + "\n");
    assertThat(verify(request, "--secret-file", file.toString())).isOne();
    assertThat(said()).contains("private signing key").doesNotContain(OTHER.substring(6));
    Files.writeString(file, SECRET + "\n");
    assertThat(verify(request, "--secret-file", file.toString())).isZero();
    assertThat(said()).contains("fits the file " + file);
  }

  // What came from elsewhere must not write over what was said about it.
  @Test
  void controlCharacters_areNotShown() {
    assertThat(
            verify(
                request("msg\u001b[2J\u202e", SENT, "v\u001b[1A,AA==", BODY),
                "--secret-env",
                "SECRET"))
        .isOne();
    assertThat(said()).doesNotContain("\u001b").doesNotContain("\u202e");
  }
}
