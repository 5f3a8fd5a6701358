package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.attune.testkit.BufCurl;
import dev.attune.testkit.BufCurl.Said;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that know the service by its reflection alone, and write JSON. Those of {@code grpcurl}
 * are done by {@code buf curl}, which asks the same questions and reads the same JSON: there is no
 * package of grpcurl that a build could bring.
 */
class ShellClientsIT {
  private static final Path DOC = Path.of("../docs/lookups.md");
  private static final Pattern WORD = Pattern.compile("'([^']*)'|(\\S+)");
  private static final List<String> PLAIN_GRPC =
      List.of("--protocol", "grpc", "--http2-prior-knowledge");
  private static final String GET = "/attune.v1.ProfileService/GetProfile";

  private final BufCurl buf = BufCurl.shared();
  private final Service service;

  ShellClientsIT() throws Exception {
    service = new Service(new ProfileServiceConfig(Duration.ofSeconds(5), 100));
  }

  @AfterEach
  void close() {
    service.close();
  }

  /** The commands of the document that begin so, each as its words, about this service. */
  private List<List<String>> commands(String program) throws Exception {
    return Stream.of(Files.readString(DOC).replace("\\\n", " ").split("\n", -1))
        .filter(line -> line.startsWith(program + " "))
        .map(line -> words(here(line.substring(program.length()))))
        .toList();
  }

  private String here(String command) {
    return command
        .replace("127.0.0.1:9090", "127.0.0.1:" + service.grpc.port())
        .replace("product-page", "banner")
        .replaceAll("[0-9a-f]{32}", Service.JANE);
  }

  private static List<String> words(String command) {
    return WORD.matcher(command)
        .results()
        .map(word -> Optional.ofNullable(word.group(1)).orElseGet(word::group))
        .toList();
  }

  /** {@code -plaintext [-d JSON] ADDRESS METHOD}, or {@code -plaintext ADDRESS describe NAME}. */
  private static List<String> asBuf(List<String> grpcurl) {
    assertThat(grpcurl.getFirst()).isEqualTo("-plaintext");
    boolean data = grpcurl.get(1).equals("-d");
    List<String> target = grpcurl.subList(data ? 3 : 1, grpcurl.size());
    List<String> words = new ArrayList<>(PLAIN_GRPC);
    if (data) {
      words.addAll(grpcurl.subList(1, 3));
    }
    boolean describe = target.get(1).equals("describe");
    words.addAll(
        describe
            ? List.of("--list-methods", "http://" + target.get(0))
            : List.of("http://" + target.get(0) + "/" + target.get(1)));
    return words;
  }

  private Said ok(List<String> arguments) {
    Said said = buf.run(arguments);
    assertThat(said.code()).as("%s: %s", arguments, said.errors()).isZero();
    return said;
  }

  private Said call(String method, String request, String... options) {
    List<String> arguments = new ArrayList<>(PLAIN_GRPC);
    arguments.addAll(List.of(options));
    arguments.addAll(List.of("-d", request, "http://127.0.0.1:" + service.grpc.port() + method));
    return buf.run(arguments);
  }

  private static JsonNode json(String text) throws Exception {
    return JsonMapper.builder().build().readTree(text);
  }

  @Test
  void commandsOfTheDocument_work() throws Exception {
    List<String> said =
        Stream.concat(
                commands("grpcurl").stream().map(ShellClientsIT::asBuf),
                commands("buf curl").stream())
            .map(arguments -> ok(arguments).out())
            .toList();
    assertThat(said).hasSize(4);
    JsonNode one = json(said.get(0));
    assertThat(one.at("/profile/profileId").asText()).isEqualTo(Service.JANE);
    assertThat(one.at("/traitStatuses").size()).isEqualTo(4);
    JsonNode many = json(said.get(2)).at("/results");
    assertThat(many.size()).isEqualTo(2);
    for (JsonNode each : many) {
      assertThat(each.findPath("profileId").asText()).isEqualTo(Service.JANE);
    }
    for (int described : new int[] {1, 3}) {
      assertThat(said.get(described))
          .contains(
              "attune.v1.ProfileService/GetProfile", "attune.v1.ProfileService/BatchGetProfiles");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"grpc-v1", "grpc-v1alpha"})
  void reflection_ofEitherVersion_isEnoughToCall(String version) throws Exception {
    Said said =
        call(
            GET,
            "{\"identifier\": {\"namespace\": \"user_id\", \"value\": \"42\"}}",
            "--reflect-protocol",
            version);
    assertThat(said.code()).as(said.errors()).isZero();
    JsonNode big = json(said.out()).at("/profile/traits/0");
    assertThat(big.path("name").asText()).isEqualTo("big");
    // One more than what a double can say.
    assertThat(big.at("/value/integer").asText()).isEqualTo("9007199254740993");
  }

  @Test
  void failure_hasItsCode_andTheSentence() {
    Said nobody = call(GET, "{\"identifier\": {\"namespace\": \"user_id\", \"value\": \"0815\"}}");
    assertThat(nobody.code()).isNotZero();
    assertThat(nobody.errors()).contains("not_found", "nobody is known").doesNotContain("0815");
    Said wrong =
        call(
            GET,
            "{\"identifier\": {\"namespace\": \"user_id\", \"value\": \"42\"},"
                + " \"view\": \"baner\"}");
    assertThat(wrong.code()).isNotZero();
    assertThat(wrong.errors()).contains("invalid_argument", "did you mean");
  }
}
