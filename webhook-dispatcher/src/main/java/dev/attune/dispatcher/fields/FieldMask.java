package dev.attune.dispatcher.fields;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.attune.core.webhook.FieldRules;
import dev.attune.core.webhook.FieldRules.Rule;
import dev.attune.dispatcher.send.HmacKey;
import dev.attune.platform.http.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Copies a body and applies rules on the way. What no rule names stays as it was written, byte for
 * byte, numbers too; the same body, rules and key always give the same bytes.
 */
final class FieldMask {
  // Whose fields the rules are about, in either alike.
  private static final Set<String> PARTS = Set.of("data", "view");

  private final FieldRules rules;
  private final @Nullable HmacKey key;

  /**
   * @param key present when a rule needs it
   */
  FieldMask(FieldRules rules, @Nullable HmacKey key) {
    this.rules = rules;
    this.key = key;
  }

  ByteString apply(ByteString body) {
    return UnsafeByteOperations.unsafeWrap(
        Json.write(
            json -> {
              try (JsonParser in = Json.mapper().createParser(body.toByteArray())) {
                in.nextToken();
                copy(in, json, null, null);
              }
            }));
  }

  /**
   * Copies the value that the parser stands at.
   *
   * @param path of it below {@code data} or {@code view}: null above, empty for these themselves
   * @param rule of what it stands in, if that has one
   */
  private void copy(JsonParser in, JsonGenerator out, @Nullable String path, @Nullable Rule rule)
      throws IOException {
    switch (in.currentToken()) {
      case START_OBJECT -> {
        out.writeStartObject();
        while (in.nextToken() == JsonToken.FIELD_NAME) {
          String name = in.currentName();
          in.nextToken();
          field(in, out, name, below(path, name), rule);
        }
        out.writeEndObject();
      }
      case START_ARRAY -> {
        out.writeStartArray();
        while (in.nextToken() != JsonToken.END_ARRAY) {
          copy(in, out, path, rule);
        }
        out.writeEndArray();
      }
      // There is nobody in nothing.
      case VALUE_NULL -> out.writeNull();
      default -> {
        if (rule != null) {
          out.writeString(hash(in.getText(), rule));
        } else if (in.currentToken().isNumeric()) {
          out.writeNumber(in.getText());
        } else {
          out.copyCurrentEvent(in);
        }
      }
    }
  }

  private void field(
      JsonParser in, JsonGenerator out, String name, @Nullable String path, @Nullable Rule outer)
      throws IOException {
    // The other profile's id is one, too.
    String named = "merged_into".equals(path) ? "profile_id" : path;
    Rule own = named == null ? null : rules.byPath().get(named);
    Rule rule = own == null ? outer : own;
    if (rule == Rule.DROP) {
      in.skipChildren();
      return;
    }
    out.writeFieldName(name);
    copy(in, out, path, rule);
  }

  private static @Nullable String below(@Nullable String path, String name) {
    if (path == null) {
      return PARTS.contains(name) ? "" : null;
    }
    return path.isEmpty() ? name : path + "." + name;
  }

  private String hash(String text, Rule rule) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (rule == Rule.HMAC) {
      if (key == null) {
        throw new IllegalStateException("a rule needs a key and has none");
      }
      return HexFormat.of().formatHex(key.hmac(bytes));
    }
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
