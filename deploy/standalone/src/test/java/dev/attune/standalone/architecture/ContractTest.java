package dev.attune.standalone.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import dev.attune.proto.v1.EvaluatorState;
import dev.attune.proto.v1.GetProfileRequest;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.ProfileRecord;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the contract promises beyond what its compiler checks. */
class ContractTest {
  private static final Path SOURCES = Path.of("..", "..", "proto", "src", "main", "protobuf");
  private static final Pattern NUMBERED =
      Pattern.compile("\\s+[^/]*\\b\\w+ = \\d+( \\[deprecated = true])?;");

  private static final List<FileDescriptor> FILES =
      Stream.of(
              Profile.getDescriptor(),
              ProfileRecord.getDescriptor(),
              ProfileChange.getDescriptor(),
              EvaluatorState.getDescriptor(),
              GetProfileRequest.getDescriptor())
          .map(Descriptor::getFile)
          .toList();

  @Test
  void fields_ofEveryFile_sayWhatTheyAre() throws IOException {
    List<String> silent = new ArrayList<>();
    int numbered = 0;
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".proto")).toList()) {
        List<String> lines = Files.readAllLines(file);
        for (int i = 1; i < lines.size(); i++) {
          if (NUMBERED.matcher(lines.get(i)).matches()) {
            numbered++;
            if (!lines.get(i - 1).strip().startsWith("//")) {
              silent.add(file.getFileName() + ":" + (i + 1));
            }
          }
        }
      }
    }

    assertThat(numbered).isEqualTo(numbers().size());
    assertThat(silent).as("fields without a comment").isEmpty();
  }

  /**
   * What was written once has to be read for ever: a line of the file may go only when its number
   * is reserved, and a new field gets a line.
   */
  @Test
  void numbers_onceGiven_areForEver() throws IOException {
    Set<String> now = numbers();
    Set<String> given = new TreeSet<>();
    try (InputStream file = ContractTest.class.getResourceAsStream("/contract-numbers.txt")) {
      assertThat(file).isNotNull();
      given.addAll(new String(file.readAllBytes(), StandardCharsets.UTF_8).lines().toList());
    }
    Set<String> gone = new TreeSet<>(given);
    gone.removeAll(now);
    gone.removeIf(ContractTest::isReserved);
    assertThat(gone).as("numbers that mean something else now, or nothing").isEmpty();
    now.removeAll(given);
    assertThat(now).as("new numbers, to be added to contract-numbers.txt").isEmpty();
  }

  private static boolean isReserved(String line) {
    String[] words = line.split(" ", 3);
    int number = Integer.parseInt(words[1]);
    return messages().stream()
            .anyMatch(it -> it.getName().equals(words[0]) && it.isReservedNumber(number))
        || enums().stream()
            .anyMatch(it -> it.getName().equals(words[0]) && it.isReservedNumber(number));
  }

  /** Of each message and enum: {@code Profile 4 repeated Membership audiences}. */
  private static Set<String> numbers() {
    Set<String> numbers = new TreeSet<>();
    messages()
        .forEach(message -> message.getFields().forEach(it -> numbers.add(line(message, it))));
    enums().forEach(values -> values.getValues().forEach(it -> numbers.add(line(values, it))));
    return numbers;
  }

  private static List<Descriptor> messages() {
    return FILES.stream().flatMap(file -> file.getMessageTypes().stream()).toList();
  }

  private static List<EnumDescriptor> enums() {
    return Stream.concat(
            FILES.stream().flatMap(file -> file.getEnumTypes().stream()),
            messages().stream().flatMap(message -> message.getEnumTypes().stream()))
        .toList();
  }

  private static String line(Descriptor message, FieldDescriptor field) {
    String type =
        switch (field.getType()) {
          case MESSAGE -> field.getMessageType().getName();
          case ENUM -> field.getEnumType().getName();
          default -> field.getType().name().toLowerCase(Locale.ROOT);
        };
    return "%s %d %s%s %s"
        .formatted(
            message.getName(),
            field.getNumber(),
            field.isRepeated() ? "repeated " : "",
            type,
            field.getName());
  }

  private static String line(EnumDescriptor values, EnumValueDescriptor value) {
    return "%s %d %s".formatted(values.getName(), value.getNumber(), value.getName());
  }
}
