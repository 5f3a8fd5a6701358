package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.attune.profiles.lookup.ReasonRows;
import dev.attune.proto.v1.ProfileServiceGrpc;
import dev.attune.testkit.Await;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code docs/lookups.md} shows is what works. */
class LookupsDocTest {
  private static final Path DOC = Path.of("../docs/lookups.md");
  private static final Path EXAMPLE =
      Path.of("src/test/java/dev/attune/profiles/ClientExample.java");

  private final Service service;

  LookupsDocTest() throws Exception {
    service = new Service(new ProfileServiceConfig(Duration.ofSeconds(5), 100));
  }

  @AfterEach
  void close() {
    service.close();
  }

  private static String block(String language) throws IOException {
    var matcher =
        Pattern.compile("```" + language + "\n(.*?)```", Pattern.DOTALL)
            .matcher(Files.readString(DOC));
    assertThat(matcher.find()).as("a block of %s", language).isTrue();
    return matcher.group(1);
  }

  @Test
  void javaClient_isTheDocuments_andWorks() throws Exception {
    String source = Files.readString(EXAMPLE);
    String code =
        source.substring(
            source.indexOf("// docs: begin\n") + 15, source.indexOf("    // docs: end"));
    assertThat(code.indent(-4)).isEqualTo(block("java"));
    Await.until(
        Duration.ofSeconds(30),
        "the example answers within its own 300 ms",
        () -> ClientExample.ratio("127.0.0.1:" + service.grpc.port()).equals("ratio 0.5"));
    service.store.silent();
    assertThat(ClientExample.ratio("127.0.0.1:" + service.grpc.port()))
        .isEqualTo("try again later");
  }

  @Test
  void nodeClient_works(@TempDir Path folder) throws Exception {
    if (!hasNode()) {
      String untested = "NOT TESTED: there is no node on this machine, its example was not run";
      System.err.println(untested);
      assertThat(System.getenv("CI")).as(untested).isNull();
      abort(untested);
    }
    Path script = Files.writeString(folder.resolve("lookup.mjs"), block("js"));
    Path out = folder.resolve("out");
    ProcessBuilder builder =
        new ProcessBuilder("node", script.toString())
            .redirectErrorStream(true)
            .redirectOutput(out.toFile());
    builder.environment().put("ATTUNE", "http://127.0.0.1:" + service.http.port());
    Process node = builder.start();
    try {
      assertThat(node.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
      assertThat(Files.readString(out)).isEqualTo("0.5 for_ever,holds true\nundefined\n");
    } finally {
      node.destroyForcibly();
    }
  }

  private static boolean hasNode() throws InterruptedException {
    try {
      Process node =
          new ProcessBuilder("node", "-e", "process.exit(typeof fetch === 'function' ? 0 : 1)")
              .start();
      return node.waitFor(30, TimeUnit.SECONDS) && node.exitValue() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** What grpcurl asks for before its call. */
  @Test
  void reflection_knowsTheServiceAndItsMethods() throws Exception {
    ManagedChannel channel =
        Grpc.newChannelBuilder(
                "127.0.0.1:" + service.grpc.port(), InsecureChannelCredentials.create())
            .build();
    try {
      List<ServerReflectionResponse> replies = new CopyOnWriteArrayList<>();
      StreamObserver<ServerReflectionRequest> ask =
          ServerReflectionGrpc.newStub(channel)
              .serverReflectionInfo(
                  new StreamObserver<>() {
                    @Override
                    public void onNext(ServerReflectionResponse reply) {
                      replies.add(reply);
                    }

                    @Override
                    public void onError(Throwable error) {}

                    @Override
                    public void onCompleted() {}
                  });
      ask.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
      ask.onNext(
          ServerReflectionRequest.newBuilder()
              .setFileContainingSymbol("attune.v1.ProfileService.BatchGetProfiles")
              .build());
      Await.until(Duration.ofSeconds(10), "both are answered", () -> replies.size() == 2);
      ask.onCompleted();
      assertThat(replies.get(0).getListServicesResponse().getServiceList())
          .anyMatch(known -> known.getName().equals("attune.v1.ProfileService"));
      assertThat(replies.get(1).getFileDescriptorResponse().getFileDescriptorProtoCount())
          .isPositive();
    } finally {
      channel.shutdownNow();
    }
  }

  /** What clients load that are not made from generated code, those of Node for one. */
  @Test
  void stubsArtifact_hasTheProtoFiles() throws Exception {
    Path sources = Path.of("../proto/src/main/protobuf");
    List<Path> files;
    try (var found = Files.walk(sources)) {
      files = found.filter(Files::isRegularFile).toList();
    }
    assertThat(files).isNotEmpty();
    for (Path file : files) {
      String name = "/" + sources.relativize(file).toString().replace('\\', '/');
      try (var packed = ProfileServiceGrpc.class.getResourceAsStream(name)) {
        assertThat(packed).as(name).hasSameContentAs(Files.newInputStream(file));
      }
    }
  }

  @Test
  void errorTable_hasEveryReason() throws IOException {
    String doc = Files.readString(DOC);
    for (String row : ReasonRows.all()) {
      assertThat(doc).containsPattern(row);
    }
  }
}
