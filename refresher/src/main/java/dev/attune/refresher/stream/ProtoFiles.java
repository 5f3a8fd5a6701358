package dev.attune.refresher.stream;

import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import com.squareup.wire.schema.CoreLoader;
import com.squareup.wire.schema.ErrorCollector;
import com.squareup.wire.schema.Linker;
import com.squareup.wire.schema.Location;
import com.squareup.wire.schema.ProtoFile;
import com.squareup.wire.schema.Schema;
import com.squareup.wire.schema.internal.SchemaEncoder;
import com.squareup.wire.schema.internal.parser.ProtoParser;
import dev.attune.refresher.event.MalformedEventException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Descriptors of {@code .proto} text, as registries hold it. Wire parses and links it and brings
 * Google's own files; what it makes of it is a descriptor as protoc writes one.
 */
final class ProtoFiles {
  private static final String OWN_NAME = "attune/record.proto";

  private final Schema schema;
  private final Map<String, FileDescriptor> built = new LinkedHashMap<>();

  private ProtoFiles(Schema schema) {
    this.schema = schema;
    built.put("google/protobuf/descriptor.proto", DescriptorProtos.getDescriptor());
  }

  /**
   * The descriptor of a registered file.
   *
   * @throws MalformedEventException when it is no file, or refers to one that is not there
   */
  static FileDescriptor descriptor(RegisteredSchema registered) throws MalformedEventException {
    try {
      List<ProtoFile> files = new ArrayList<>();
      for (RegisteredSchema.Reference reference : registered.references()) {
        files.add(file(reference.name(), reference.text()));
      }
      files.add(file(OWN_NAME, registered.text()));
      Schema linked =
          new Linker(CoreLoader.INSTANCE, new ErrorCollector(), false, true).link(files);
      return new ProtoFiles(linked).build(OWN_NAME);
    } catch (InvalidProtocolBufferException
        | DescriptorValidationException
        | RuntimeException
        | StackOverflowError e) {
      throw new MalformedEventException(
          "the schema "
              + registered.id()
              + " of the registry cannot be read as Protobuf ("
              + e.getClass().getSimpleName()
              + ")");
    }
  }

  private static ProtoFile file(String name, String text) {
    return ProtoFile.Companion.get(ProtoParser.Companion.parse(Location.get(name), text));
  }

  private FileDescriptor build(String name)
      throws InvalidProtocolBufferException, DescriptorValidationException {
    FileDescriptor known = built.get(name);
    if (known != null) {
      return known;
    }
    ProtoFile file = schema.protoFile(name);
    if (file == null) {
      throw new IllegalStateException("a file that is imported is not there");
    }
    FileDescriptorProto proto =
        FileDescriptorProto.parseFrom(new SchemaEncoder(schema).encode(file).toByteArray());
    List<FileDescriptor> imports = new ArrayList<>();
    for (String imported : proto.getDependencyList()) {
      imports.add(build(imported));
    }
    FileDescriptor descriptor =
        FileDescriptor.buildFrom(proto, imports.toArray(FileDescriptor[]::new));
    built.put(name, descriptor);
    return descriptor;
  }
}
