package dev.attune.platform.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;

/** The one way in which Attune reads and writes JSON: strict, and bounded in every direction. */
public final class Json {
  /** Deepest nesting that is read. */
  public static final int DEPTH_MAX = 64;

  /** Longest string that {@link #parse} reads, in characters. */
  public static final int STRING_LENGTH_MAX = 64 << 10;

  private static final JsonMapper MAPPER = mapper(STRING_LENGTH_MAX, 4L << 20);
  private static final JsonMapper LARGE = mapper((1 << 20) + 1, 64L << 20);

  private Json() {}

  /** Writes into a generator; what it throws is passed on. */
  @FunctionalInterface
  public interface Writing {
    void to(JsonGenerator json) throws IOException;
  }

  /** The shared mapper, with the limits of {@link #parse}. */
  public static JsonMapper mapper() {
    return MAPPER;
  }

  /**
   * Reads one document: at most 4 MB, strings of at most 64 KB.
   *
   * @throws InvalidJsonException when it is not one valid JSON document within the limits
   */
  public static JsonNode parse(byte[] document) {
    return parse(MAPPER, document);
  }

  /**
   * As {@link #parse}, for documents that carry files: at most 64 MB, strings of at most 1 MB.
   *
   * @throws InvalidJsonException when it is not one valid JSON document within the limits
   */
  public static JsonNode parseLarge(byte[] document) {
    return parse(LARGE, document);
  }

  private static JsonNode parse(JsonMapper mapper, byte[] document) {
    try {
      JsonNode node = mapper.readTree(document);
      if (node == null || node.isMissingNode()) {
        throw new InvalidJsonException("not valid JSON: the body is empty");
      }
      return node;
    } catch (StreamConstraintsException e) {
      throw new InvalidJsonException(
          "the JSON exceeds a limit (allowed: "
              + DEPTH_MAX
              + " levels of nesting, texts of "
              + mapper.getFactory().streamReadConstraints().getMaxStringLength()
              + " characters, names of 1024, numbers of 100 digits)");
    } catch (JsonProcessingException e) {
      // The parser's own message quotes the document, which may be about a person.
      JsonLocation at = e.getLocation();
      throw new InvalidJsonException(
          at == null
              ? "not valid JSON"
              : "not valid JSON at line " + at.getLineNr() + ", column " + at.getColumnNr());
    } catch (IOException e) {
      throw new InvalidJsonException("not valid JSON: not UTF-8");
    }
  }

  /** The bytes of a document. */
  public static byte[] write(Writing writing) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    try (JsonGenerator json = MAPPER.getFactory().createGenerator(out)) {
      writing.to(json);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory failed", e);
    }
    return out.toByteArray();
  }

  /** Writes a field with a list of texts. */
  public static void writeTexts(JsonGenerator json, String field, Collection<String> texts)
      throws IOException {
    json.writeArrayFieldStart(field);
    for (String text : texts) {
      json.writeString(text);
    }
    json.writeEndArray();
  }

  /** Writes a string, number, boolean, null, or anything else as its text. */
  public static void writeScalar(JsonGenerator json, Object value) throws IOException {
    switch (value) {
      case Boolean b -> json.writeBoolean(b);
      case Integer i -> json.writeNumber(i);
      case Long l -> json.writeNumber(l);
      case Double d when Double.isFinite(d) -> json.writeNumber(d);
      default -> json.writeString(value.toString());
    }
  }

  private static JsonMapper mapper(int stringLengthMax, long documentLengthMax) {
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(DEPTH_MAX)
                    .maxStringLength(stringLengthMax)
                    .maxNameLength(1_024)
                    .maxNumberLength(100)
                    .maxDocumentLength(documentLengthMax)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .disable(StreamWriteFeature.AUTO_CLOSE_CONTENT)
            // Emoji as UTF-8, not as two escapes of six characters each.
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .build();
    return JsonMapper.builder(factory)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
        .build();
  }
}
