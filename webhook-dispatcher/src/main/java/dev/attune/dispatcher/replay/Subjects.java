package dev.attune.dispatcher.replay;

import com.google.protobuf.ByteString;
import dev.attune.dispatcher.render.CurrentRenderer;
import dev.attune.platform.http.InvalidJsonException;
import dev.attune.proto.v1.Delivery;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a webhook was told something about in a time, and of each such subject what was rendered
 * last and what the endpoint took last, until now.
 */
final class Subjects implements DeliveryScan.Visitor {
  private final long toMillis;
  private final Map<String, Long> taken;
  private final long max;
  private final long bytesMax;
  private final Map<String, Subject> found = new LinkedHashMap<>();
  private int withoutNow;
  private long bytes;

  /**
   * @param toMillis what was rendered then or later makes no subject
   * @param taken ids of the deliveries that the endpoint took, the later the greater the number
   * @param max most subjects
   * @param bytesMax most bytes of what was rendered last
   */
  Subjects(long toMillis, Map<String, Long> taken, long max, long bytesMax) {
    this.toMillis = toMillis;
    this.taken = taken;
    this.max = max;
    this.bytesMax = bytesMax;
  }

  @Override
  public boolean visit(Delivery delivery, long renderedAt) {
    Optional<String> what;
    try {
      what = CurrentRenderer.subject(delivery);
    } catch (InvalidJsonException e) {
      // Its owner makes a dead letter of it.
      return true;
    }
    boolean counts = renderedAt < toMillis && !delivery.getReplay();
    if (what.isEmpty()) {
      withoutNow += counts ? 1 : 0;
      return true;
    }
    String key = delivery.getProfileId() + "/" + what.get();
    Subject subject = found.get(key);
    if (subject == null) {
      if (!counts) {
        return true;
      }
      subject = new Subject(delivery);
      found.put(key, subject);
      bytes += delivery.getSerializedSize();
    } else if (!delivery.getReplay()) {
      bytes += delivery.getSerializedSize() - subject.newest.getSerializedSize();
      subject.newest = delivery;
    }
    Long takenAt = taken.get(delivery.getWebhookId());
    if (takenAt != null && takenAt > subject.takenAt) {
      subject.takenAt = takenAt;
      subject.taken = CurrentRenderer.said(delivery);
    }
    return !isTooMuch();
  }

  boolean isTooMuch() {
    return found.size() > max || bytes > bytesMax;
  }

  /** In the order in which they were first told of. */
  List<Subject> all() {
    return new ArrayList<>(found.values());
  }

  /** How many deliveries of the time are about no state: events happened, and have no now. */
  int withoutNow() {
    return withoutNow;
  }

  /** One person's state. */
  static final class Subject {
    private Delivery newest;
    private @Nullable ByteString taken;
    private long takenAt = -1;

    private Subject(Delivery newest) {
      this.newest = newest;
    }

    String profileId() {
      return newest.getProfileId();
    }

    /** What was rendered last. */
    Delivery newest() {
      return newest;
    }

    /** Whether what the endpoint took last said the same; false when it took nothing. */
    boolean isTaken(Delivery current) {
      return CurrentRenderer.said(current).equals(taken);
    }
  }
}
