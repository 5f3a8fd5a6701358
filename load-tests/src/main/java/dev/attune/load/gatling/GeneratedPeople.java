package dev.attune.load.gatling;

import dev.attune.load.lookup.Population;
import java.util.Optional;

/**
 * The generated ones: a checksum over the traits binds them to the person, and nobody writes, so
 * that one version is right.
 */
record GeneratedPeople(Population population) implements People {
  @Override
  public int size() {
    return population.size();
  }

  @Override
  public String namespace() {
    return Population.NAMESPACE;
  }

  @Override
  public String value(int index) {
    return Population.userId(index);
  }

  @Override
  public Optional<String> fault(int index, byte[] json, int offset, int length) {
    long version = population.verifyJson(json, offset, length, index);
    if (version < 0) {
      return Optional.of("it is about somebody else, or damaged");
    }
    return version == Population.VERSION
        ? Optional.empty()
        : Optional.of("it has a version that nobody wrote");
  }
}
