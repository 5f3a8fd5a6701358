package dev.attune.refresher.stream;

import com.fasterxml.jackson.databind.JsonNode;
import dev.attune.refresher.event.MalformedEventException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;

/** Records in Avro, with the schema with which each was written. */
final class AvroRecords implements RecordReader {
  static {
    // A length that a damaged record claims is allocated before it is read; a record has 1 MB at
    // most. Avro takes these limits from nowhere else, and looks at them when it is first used.
    for (String limit : new String[] {"bytes", "string", "collectionItems"}) {
      String property = "org.apache.avro.limits." + limit + ".maxLength";
      if (System.getProperty(property) == null) {
        System.setProperty(property, String.valueOf(1 << 20));
      }
    }
  }

  private final SchemaCache<Schema> schemas;

  AvroRecords(Optional<SchemaRegistry> registry) {
    schemas = new SchemaCache<>(registry, "AVRO", "", AvroRecords::parse);
  }

  private static Schema parse(RegisteredSchema registered) throws MalformedEventException {
    try {
      Schema.Parser parser = new Schema.Parser().setValidateDefaults(false);
      for (RegisteredSchema.Reference reference : registered.references()) {
        parser.parse(reference.text());
      }
      return parser.parse(registered.text());
    } catch (AvroRuntimeException e) {
      throw new MalformedEventException(
          "the schema " + registered.id() + " of the registry cannot be read as Avro");
    }
  }

  @Override
  public JsonNode read(byte[] value) throws MalformedEventException {
    ByteBuffer record = ByteBuffer.wrap(value);
    int id = WireFormat.schemaId(record);
    Schema schema = schemas.get(id);
    try {
      BinaryDecoder decoder =
          DecoderFactory.get().binaryDecoder(value, record.position(), record.remaining(), null);
      Object datum = new GenericDatumReader<>(schema).read(null, decoder);
      if (!decoder.isEnd()) {
        throw new MalformedEventException("the record is longer than its schema " + id + " says");
      }
      return AvroJson.of(schema, datum);
    } catch (IOException | RuntimeException | StackOverflowError e) {
      // The decoder's recursion has no bound of its own. Its messages may hold values.
      throw new MalformedEventException(
          "the record does not fit its schema "
              + id
              + " (Avro: "
              + e.getClass().getSimpleName()
              + ")");
    }
  }

  @Override
  public boolean isText() {
    return false;
  }
}
