package dev.attune.profiles;

import static org.assertj.core.api.Assertions.assertThat;

import dev.attune.proto.v1.ProfileServiceGrpc;
import dev.attune.testkit.NodeGrpc;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The document's gRPC client for Node, with the proto files as the stubs' artifact has them. */
class NodeGrpcIT {
  private static final Path DOC = Path.of("../docs/lookups.md");
  private static final Pattern BLOCK = Pattern.compile("```js\n(.*?)```", Pattern.DOTALL);

  private final NodeGrpc node = NodeGrpc.shared();
  private final Service service;

  NodeGrpcIT() throws Exception {
    service = new Service(new ProfileServiceConfig(Duration.ofSeconds(5), 100));
  }

  @AfterEach
  void close() {
    service.close();
  }

  private void unpack(String name) throws Exception {
    Path target = node.directory().resolve("protos").resolve(name);
    Files.createDirectories(target.getParent());
    try (InputStream packed = ProfileServiceGrpc.class.getResourceAsStream("/" + name)) {
      assertThat(packed).as(name).isNotNull();
      if (packed != null) {
        Files.write(target, packed.readAllBytes());
      }
    }
  }

  @Test
  void exampleOfTheDocument_works() throws Exception {
    unpack("attune/v1/profile_service.proto");
    unpack("attune/v1/profile.proto");
    List<String> blocks =
        BLOCK.matcher(Files.readString(DOC)).results().map(match -> match.group(1)).toList();
    assertThat(blocks).hasSize(2);
    assertThat(node.run(blocks.get(1), Map.of("ATTUNE_GRPC", "127.0.0.1:" + service.grpc.port())))
        .isEqualTo("0.5 PRESENT model:scores\nnot_found 2026-11-21T08:00:00Z\n");
  }
}
