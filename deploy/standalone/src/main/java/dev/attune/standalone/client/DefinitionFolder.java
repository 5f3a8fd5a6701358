package dev.attune.standalone.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.attune.platform.definition.DefinitionFile;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** A folder of definitions on its way to a server. */
public final class DefinitionFolder {
  /** Where a folder is posted to. */
  public static final String PATH = "/v1/definitions:apply";

  private DefinitionFolder() {}

  /** Shows what a server has to say of a folder that it does not refuse. */
  static void warn(Terminal terminal, JsonNode answer) {
    answer.path("warnings").forEach(warning -> terminal.note("warning: " + warning.asText()));
  }

  /**
   * All YAML files of a folder, as the server takes them.
   *
   * @param edit may change a file's text on the way
   * @throws Complaint when there are none, or they cannot be read
   */
  public static ObjectNode read(Path dir, UnaryOperator<String> edit) {
    if (!Files.isDirectory(dir)) {
      throw new Complaint("there is no folder " + dir + ".");
    }
    ObjectNode request = AttuneClient.JSON.createObjectNode();
    ArrayNode contents = request.putArray("files");
    try (Stream<Path> walk = Files.walk(dir)) {
      List<Path> files =
          walk.filter(Files::isRegularFile)
              .filter(file -> file.toString().matches(".*\\.ya?ml"))
              .sorted()
              .toList();
      if (files.isEmpty()) {
        throw new Complaint("there is no definition (*.yaml) in " + dir + ".");
      }
      if (files.size() > DefinitionFile.FILES_MAX) {
        throw new Complaint(
            "there are "
                + files.size()
                + " files in "
                + dir
                + " (allowed: "
                + DefinitionFile.FILES_MAX
                + ").");
      }
      for (Path file : files) {
        contents
            .addObject()
            .put("path", dir.relativize(file).toString().replace(File.separatorChar, '/'))
            .put("text", edit.apply(Files.readString(file)));
      }
      return request;
    } catch (CharacterCodingException e) {
      throw new Complaint("a file in " + dir + " is not UTF-8.", e);
    } catch (IOException | UncheckedIOException e) {
      throw new Complaint(dir + " cannot be read (" + e.getMessage() + ").", e);
    }
  }
}
