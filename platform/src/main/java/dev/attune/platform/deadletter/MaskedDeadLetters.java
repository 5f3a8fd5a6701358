package dev.attune.platform.deadletter;

import com.google.protobuf.ByteString;
import dev.attune.core.forbidden.Forbidden;
import dev.attune.platform.forbidden.Masking;
import dev.attune.platform.forbidden.Masking.Place;
import dev.attune.proto.v1.DeadLetter;
import dev.attune.proto.v1.ValueEntry;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** Dead letters without forbidden data: what is refused may be refused for what is in it. */
public final class MaskedDeadLetters implements DeadLetters {
  private final DeadLetters letters;
  private final Masking masking;
  private final Supplier<Forbidden> rules;

  /** Where the letters go to, and what they must not have. */
  public MaskedDeadLetters(DeadLetters letters, Masking masking, Supplier<Forbidden> rules) {
    this.letters = letters;
    this.masking = masking;
    this.rules = rules;
  }

  @Override
  public CompletionStage<?> send(DeadLetter letter) {
    return letters.send(masked(letter, rules.get()));
  }

  private DeadLetter masked(DeadLetter letter, Forbidden now) {
    DeadLetter.Builder masked =
        letter.toBuilder()
            .setKey(
                ByteString.copyFrom(
                    masking.text(letter.getKey().toByteArray(), now, Place.DEAD_LETTERS)))
            .setValue(
                ByteString.copyFrom(
                    masking.document(
                        letter.getValue().toByteArray(), null, now, Place.DEAD_LETTERS)))
            .clearHeaders();
    for (ValueEntry header : letter.getHeadersList()) {
      ValueEntry.Builder kept = header.toBuilder().setKey(text(header.getKey(), now));
      kept.getValueBuilder().setText(value(header, now));
      masked.addHeaders(kept);
    }
    return masked.build();
  }

  private String value(ValueEntry header, Forbidden now) {
    return now.fields()
        .find(header.getKey())
        .map(
            name -> {
              masking.count(Place.DEAD_LETTERS, 0, 1);
              return Forbidden.mask(name);
            })
        .orElseGet(() -> text(header.getValue().getText(), now));
  }

  private String text(String text, Forbidden now) {
    return masking.text(text, now, Place.DEAD_LETTERS);
  }
}
