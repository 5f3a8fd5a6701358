package dev.attune.refresher.stream;

import dev.attune.core.stream.StreamDefinition.Format;
import java.util.Optional;

/** The readers of all formats. */
final class RecordReaders {
  private final RecordReader json = new JsonRecords();
  private final RecordReader avro;
  private final RecordReader protobuf;

  RecordReaders(Optional<RegistryConfig> registry) {
    Optional<SchemaRegistry> client = registry.map(SchemaRegistry::new);
    avro = new AvroRecords(client);
    protobuf = new ProtobufRecords(client);
  }

  RecordReader of(Format format) {
    return switch (format) {
      case JSON -> json;
      case AVRO -> avro;
      case PROTOBUF -> protobuf;
    };
  }
}
