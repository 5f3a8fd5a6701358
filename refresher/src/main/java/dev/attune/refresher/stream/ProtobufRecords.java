package dev.attune.refresher.stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import dev.attune.refresher.event.MalformedEventException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** Records in Protobuf, with the file and the message of which each says that it is one. */
final class ProtobufRecords implements RecordReader {
  private static final int NESTING_MAX = 20;

  private final SchemaCache<FileDescriptor> schemas;

  ProtobufRecords(Optional<SchemaRegistry> registry) {
    schemas = new SchemaCache<>(registry, "PROTOBUF", "", ProtoFiles::descriptor);
  }

  @Override
  public JsonNode read(byte[] value) throws MalformedEventException {
    ByteBuffer record = ByteBuffer.wrap(value);
    int id = WireFormat.schemaId(record);
    FileDescriptor file = schemas.get(id);
    try {
      CodedInputStream in =
          CodedInputStream.newInstance(value, record.position(), record.remaining());
      Descriptor message = message(file, in, id);
      return ProtobufJson.of(DynamicMessage.parseFrom(message, in));
    } catch (IOException | RuntimeException e) {
      // Its message may hold values.
      throw new MalformedEventException(
          "the record does not fit its schema "
              + id
              + " (Protobuf: "
              + e.getClass().getSimpleName()
              + ")");
    }
  }

  // Which message of the file: a list of positions, from the outermost; an empty one is the first.
  private static Descriptor message(FileDescriptor file, CodedInputStream in, int id)
      throws IOException, MalformedEventException {
    int count = in.readSInt32();
    List<Descriptor> all = file.getMessageTypes();
    Descriptor message = at(all, count == 0 ? 0 : in.readSInt32(), id);
    if (count < 0 || count > NESTING_MAX) {
      throw noMessage(id);
    }
    for (int i = 1; i < count; i++) {
      message = at(message.getNestedTypes(), in.readSInt32(), id);
    }
    return message;
  }

  private static Descriptor at(List<Descriptor> messages, int position, int id)
      throws MalformedEventException {
    if (position < 0 || position >= messages.size()) {
      throw noMessage(id);
    }
    return messages.get(position);
  }

  private static MalformedEventException noMessage(int id) {
    return new MalformedEventException(
        "the record says that it is a message which its schema " + id + " does not have");
  }

  @Override
  public boolean isText() {
    return false;
  }
}
