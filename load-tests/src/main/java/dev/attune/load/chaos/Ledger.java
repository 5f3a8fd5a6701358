package dev.attune.load.chaos;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A file that says of whom nothing may be sent any more. One process writes, a line each; those
 * that read it do so at every question, so that all of them know what is in it.
 */
final class Ledger {
  /** Why. */
  enum Word {
    /** The person does not consent any more. */
    WITHDRAWN,
    /** The person was deleted. */
    DELETED
  }

  private final Path file;

  private Ledger(Path file) {
    this.file = file;
  }

  /** A new one, in which nobody is. */
  static Ledger create(Path file) throws IOException {
    return new Ledger(Files.createFile(file));
  }

  /** One that somebody else writes. */
  static Ledger of(Path file) {
    return new Ledger(file);
  }

  /** Once it returns, everybody knows. */
  void say(Word word, int person) throws IOException {
    Files.writeString(
        file,
        word + " " + People.id(person) + "\n",
        StandardOpenOption.WRITE,
        StandardOpenOption.APPEND);
  }

  /** By profile id; of somebody of whom both was said, what was said last. */
  Map<String, Word> read() throws IOException {
    String text = Files.readString(file, StandardCharsets.US_ASCII);
    Map<String, Word> words = new HashMap<>();
    // What stands behind the last line break is not whole yet.
    for (String line : List.of(text.substring(0, text.lastIndexOf('\n') + 1).split("\n", -1))) {
      int space = line.indexOf(' ');
      if (space > 0) {
        words.put(line.substring(space + 1), Word.valueOf(line.substring(0, space)));
      }
    }
    return words;
  }
}
