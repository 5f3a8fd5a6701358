package dev.attune.profiles.lookup;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** That every benchmark runs. Once, by JMH itself, in this JVM: the times mean nothing. */
class LookupBenchmarkTest {
  // One that is being measured elsewhere on this machine does not mind.
  @BeforeAll
  static void doWithoutTheLock() {
    System.setProperty("jmh.ignoreLock", "true");
  }

  @Test
  void everyBenchmark_runsOnce() throws Exception {
    List<String> run =
        new Runner(
                new OptionsBuilder()
                    .include(LookupBenchmark.class.getName())
                    .param("people", "16")
                    .mode(Mode.SingleShotTime)
                    .forks(0)
                    .warmupIterations(0)
                    .measurementIterations(1)
                    .timeout(new TimeValue(20, TimeUnit.SECONDS))
                    .verbosity(VerboseMode.SILENT)
                    .shouldFailOnError(true)
                    .build())
            .run().stream()
                .map(result -> result.getParams().getBenchmark())
                .map(name -> name.substring(name.lastIndexOf('.') + 1))
                .toList();
    assertThat(run)
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(LookupBenchmark.class.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Benchmark.class))
                .map(Method::getName)
                .toList());
  }
}
