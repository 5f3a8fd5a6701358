package dev.attune.load.gatling;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class HttpCommandTest {
  private static void assertComplains(String sentence, String... arguments) {
    var command = new HttpCommand(Terminal.plain(System.out, System.err));
    new CommandLine(command).parseArgs(arguments);
    assertThatThrownBy(command::call).isInstanceOf(Complaint.class).hasMessageContaining(sentence);
  }

  @Test
  void server_thatIsNotOnLoopback_isRefused() {
    assertComplains("only a server on this machine's loopback", "--server", "http://192.0.2.1:80");
    assertComplains("a URL like", "--server", "https://127.0.0.1:8080");
    assertComplains("a URL like", "--server", "http://127.0.0.1:8080/v1");
    assertComplains("a URL like", "--server", "localhost:8080");
  }

  @Test
  void numbers_outsideTheirBounds_areRefused() {
    assertComplains("--rate: 0 (allowed: 1 to 2000)", "--rate", "0");
    assertComplains("--seconds: 601 (allowed: 2 to 600)", "--seconds", "601");
    assertComplains("--profiles: 99", "--profiles", "99");
    assertComplains("--rate-max: less than --rate", "--rate", "20", "--rate-max", "10");
    assertComplains("--namespace", "--namespace", "a:b");
  }
}
