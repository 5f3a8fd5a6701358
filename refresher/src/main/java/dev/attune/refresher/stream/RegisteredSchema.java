package dev.attune.refresher.stream;

import java.util.List;

/**
 * A schema as a registry has it.
 *
 * @param type AVRO, PROTOBUF or JSON
 * @param text of the schema itself
 * @param references what it refers to, each after what that refers to
 */
record RegisteredSchema(int id, String type, String text, List<Reference> references) {
  RegisteredSchema {
    references = List.copyOf(references);
  }

  /**
   * Another schema that it needs.
   *
   * @param name under which it is referred to: a type in Avro, a file in Protobuf
   */
  record Reference(String name, String text) {}
}
