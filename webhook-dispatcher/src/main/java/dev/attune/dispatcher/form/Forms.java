package dev.attune.dispatcher.form;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.attune.core.webhook.PayloadForm;
import dev.attune.core.webhook.PayloadForm.Named;
import dev.attune.platform.http.Json;
import dev.attune.proto.v1.Delivery;
import java.nio.charset.StandardCharsets;

/**
 * From the document that a delivery holds to the body that is sent. It is done at the attempt,
 * behind the field rules, so that they are about the document's fields whatever the form is, and it
 * depends on nothing but the delivery: the form travels with it, and one that is changed meanwhile
 * changes nothing of what waits.
 */
public final class Forms {
  private static final String JSON = "application/json";
  private static final String CLOUDEVENTS = "application/cloudevents+json";
  private static final String WHY = "the form of a delivery is not known to this version";

  private Forms() {}

  /** What {@link Delivery#getForm} holds of a form. */
  public static String text(PayloadForm form) {
    return switch (form) {
      // As deliveries had it before there were forms.
      case Named.DOCUMENT -> "";
      case Named named -> named.label();
      case PayloadForm.Template(var template, _) -> {
        try {
          yield Json.mapper().writeValueAsString(template.json());
        } catch (JsonProcessingException e) {
          throw new IllegalStateException("a template is maps, lists and scalars", e);
        }
      }
    };
  }

  /**
   * The body of an attempt.
   *
   * @throws UnknownFormException when this version does not know the form
   * @throws dev.attune.platform.http.InvalidJsonException when the document, or the template, does
   *     not parse
   */
  public static Formed of(Delivery delivery) throws UnknownFormException {
    String form = delivery.getForm();
    if (form.isEmpty()) {
      return new Formed(delivery.getBody(), JSON);
    }
    JsonNode document = Json.parseLarge(delivery.getBody().toByteArray());
    if (form.equals(Named.CLOUDEVENTS.label())) {
      return formed(CloudEvents.of(delivery, document), CLOUDEVENTS);
    }
    if (form.equals(Named.SEGMENT_TRACK.label())) {
      return formed(SegmentCalls.of(delivery, document, false), JSON);
    }
    if (form.equals(Named.SEGMENT_IDENTIFY.label())) {
      return formed(SegmentCalls.of(delivery, document, true), JSON);
    }
    if (form.startsWith("{") || form.startsWith("[")) {
      return formed(
          Filled.of(Json.parse(form.getBytes(StandardCharsets.UTF_8)), delivery, document), JSON);
    }
    throw new UnknownFormException();
  }

  private static Formed formed(JsonNode body, String contentType) {
    return new Formed(
        UnsafeByteOperations.unsafeWrap(Json.write(json -> json.writeTree(body))), contentType);
  }

  /** A body as it is sent. */
  public record Formed(ByteString body, String contentType) {}

  /** This version does not know the form of a delivery. */
  public static final class UnknownFormException extends Exception {
    private static final long serialVersionUID = 1;

    private UnknownFormException() {
      super(WHY, null, false, false);
    }

    /** In a few words; nothing of the delivery. */
    public String why() {
      return WHY;
    }
  }
}
