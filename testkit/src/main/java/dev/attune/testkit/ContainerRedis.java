package dev.attune.testkit;

import com.github.dockerjava.api.DockerClient;
import com.github.dockerjava.api.exception.DockerException;
import com.github.dockerjava.api.exception.NotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.ContainerFetchException;
import org.testcontainers.containers.ContainerLaunchException;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/** A Redis in a container, where Docker answers. */
final class ContainerRedis implements RedisBackend {
  private static final int PORT = 6_379;
  private static final Duration PULL_MAX = Duration.ofMinutes(1);

  private final GenericContainer<?> container;

  private ContainerRedis(GenericContainer<?> container) {
    this.container = container;
  }

  /** Started; empty where there is no Docker, or it does not run the image, which is said. */
  static Optional<RedisBackend> start(String image) {
    if (!isDockerLikely() || !DockerClientFactory.instance().isDockerAvailable()) {
      return Optional.empty();
    }
    if (!isThere(image)) {
      System.err.println("Docker answers, but the image " + image + " cannot be had");
      return Optional.empty();
    }
    try {
      return Optional.of(new ContainerRedis(run(image)));
    } catch (ContainerFetchException | ContainerLaunchException e) {
      System.err.println("Docker answers, but does not run " + image + ": " + e.getMessage());
      return Optional.empty();
    }
  }

  private static GenericContainer<?> run(String image) {
    GenericContainer<?> container = new GenericContainer<>(DockerImageName.parse(image));
    container
        .withExposedPorts(PORT)
        .withCommand("redis-server", "--protected-mode", "no", "--bind", "0.0.0.0", "--save", "")
        .start();
    return container;
  }

  // Without looking any further, which takes seconds: most machines have none.
  private static boolean isDockerLikely() {
    Path home = Path.of(System.getProperty("user.home", ""));
    return System.getenv("DOCKER_HOST") != null
        || List.of(
                Path.of("/var/run/docker.sock"),
                home.resolve(".docker/run/docker.sock"),
                home.resolve(".testcontainers.properties"))
            .stream()
            .anyMatch(Files::exists);
  }

  private static boolean isThere(String image) {
    DockerClient docker = DockerClientFactory.lazyClient();
    try {
      docker.inspectImageCmd(image).exec();
      return true;
    } catch (NotFoundException e) {
      return isPulled(docker, image);
    }
  }

  private static boolean isPulled(DockerClient docker, String image) {
    try {
      return docker
          .pullImageCmd(image)
          .start()
          .awaitCompletion(PULL_MAX.toMillis(), TimeUnit.MILLISECONDS);
    } catch (DockerException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  @Override
  public String host() {
    return container.getHost();
  }

  @Override
  public int port() {
    return container.getMappedPort(PORT);
  }

  @Override
  public void pause() {
    DockerClientFactory.lazyClient().pauseContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public void resume() {
    DockerClientFactory.lazyClient().unpauseContainerCmd(container.getContainerId()).exec();
  }

  @Override
  public void kill() {
    throw portWouldChange();
  }

  @Override
  public void restart() {
    throw portWouldChange();
  }

  private static UnsupportedOperationException portWouldChange() {
    return new UnsupportedOperationException("a container that is started again has another port");
  }

  @Override
  public void close() {
    container.stop();
  }
}
