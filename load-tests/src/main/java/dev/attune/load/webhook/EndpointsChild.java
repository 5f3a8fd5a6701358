package dev.attune.load.webhook;

import com.sun.net.httpserver.HttpServer;
import dev.attune.load.process.Control;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The subscribers. It ends with its standard input. */
final class EndpointsChild {
  private EndpointsChild() {}

  /**
   * Arguments: the file of the secret, how many endpoints there are, and how many milliseconds each
   * but the first takes for an answer.
   */
  public static void main(String[] arguments) throws IOException {
    // The answers are small: none of them may wait for an acknowledgement.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    String secret = Files.readString(Path.of(arguments[0]));
    Duration delay = Duration.ofMillis(Long.parseLong(arguments[2]));
    List<Endpoint> endpoints = new ArrayList<>();
    StringBuilder ports = new StringBuilder();
    for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
      endpoints.add(new Endpoint(secret, i == 0 ? Duration.ZERO : delay));
      ports.append("endpoint").append(i).append(' ').append(endpoints.get(i).port()).append(' ');
    }
    HttpServer control =
        Control.serve(
            Map.of(
                "/received",
                _ -> endpoints.stream().mapToLong(Endpoint::received).sum(),
                "/stats",
                number -> endpoints.get(Integer.parseInt(number)).stats(),
                "/measure",
                from -> {
                  endpoints.forEach(endpoint -> endpoint.measureFrom(Long.parseLong(from)));
                  return true;
                }));
    System.out.println(ports + "control " + control.getAddress().getPort());
    while (System.in.read() >= 0) {
      // Nobody says anything; the end says that it is over.
    }
    control.stop(0);
    endpoints.forEach(Endpoint::close);
  }
}
