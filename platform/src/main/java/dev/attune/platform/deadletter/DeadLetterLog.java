package dev.attune.platform.deadletter;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.platform.kafka.KafkaUnavailableException;
import dev.attune.platform.kafka.TopicFollower;
import dev.attune.proto.v1.DeadLetter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The newest dead letters, as their topic has them. Bounded by number and by bytes; older ones stay
 * on the topic for its retention, and are not listed.
 */
public final class DeadLetterLog implements AutoCloseable {
  /** Most letters that are held. */
  public static final int LETTERS_MAX = 10_000;

  private static final long BYTES_MAX = 32L << 20;
  private static final Logger LOG = LoggerFactory.getLogger(DeadLetterLog.class);

  private final TopicFollower follower;

  /** By id, oldest first; guarded by itself. */
  private final Map<String, DeadLetter> letters = new LinkedHashMap<>();

  private long bytes;
  private long left;

  private DeadLetterLog(KafkaSettings settings) {
    this.follower =
        TopicFollower.start(settings, settings.topics().deadLetters(), new TopicReader());
  }

  /** Begins to follow. */
  public static DeadLetterLog start(KafkaSettings settings) {
    return new DeadLetterLog(settings);
  }

  /** Waits until what was on the topic has been read. */
  public void awaitLoaded(Duration timeout) throws InterruptedException {
    awaitOffset(0, timeout);
  }

  void awaitOffset(long offset, Duration timeout) throws InterruptedException {
    if (!follower.awaitOffset(offset, timeout)) {
      throw new KafkaUnavailableException(
          "the dead letters were not read within " + timeout.toSeconds() + " s");
    }
  }

  /** The letter with an id, if it is held. */
  public Optional<DeadLetter> find(String id) {
    synchronized (letters) {
      return Optional.ofNullable(letters.get(id));
    }
  }

  /** At most {@code limit} letters, newest first. */
  public List<DeadLetter> newest(int limit, Predicate<DeadLetter> wanted) {
    List<DeadLetter> all;
    synchronized (letters) {
      all = new ArrayList<>(letters.values());
    }
    return all.reversed().stream().filter(wanted).limit(limit).toList();
  }

  /** How many of those held have not been replayed. */
  public int open() {
    synchronized (letters) {
      return (int) letters.values().stream().filter(letter -> !letter.getReplayed()).count();
    }
  }

  /** How many are not held any more, because newer ones came. */
  public long dropped() {
    synchronized (letters) {
      return left;
    }
  }

  @Override
  public void close() {
    follower.close();
  }

  private final class TopicReader implements TopicFollower.Reader {
    @Override
    public void restart() {
      synchronized (letters) {
        letters.clear();
        bytes = 0;
        left = 0;
      }
    }

    @Override
    public void record(ConsumerRecord<byte[], byte[]> record) {
      if (record.value() == null) {
        return;
      }
      DeadLetter letter;
      try {
        letter = DeadLetter.parseFrom(record.value());
      } catch (InvalidProtocolBufferException e) {
        LOG.error("the record at offset {} is no dead letter and is left out", record.offset(), e);
        return;
      }
      synchronized (letters) {
        DeadLetter before = letters.get(letter.getId());
        if (letter.getReplayed()) {
          if (before != null) {
            DeadLetter closed = before.toBuilder().setReplayed(true).build();
            letters.put(letter.getId(), closed);
            bytes += closed.getSerializedSize() - before.getSerializedSize();
          }
          return;
        }
        // The same record can fail again after a crash; the newer letter stands at the end.
        if (before != null) {
          letters.remove(letter.getId());
          bytes -= before.getSerializedSize();
        }
        letters.put(letter.getId(), letter);
        bytes += letter.getSerializedSize();
        trim();
      }
    }

    private void trim() {
      Iterator<DeadLetter> oldest = letters.values().iterator();
      while (letters.size() > LETTERS_MAX || (bytes > BYTES_MAX && letters.size() > 1)) {
        bytes -= oldest.next().getSerializedSize();
        oldest.remove();
        left++;
      }
    }

    @Override
    public void caughtUp(long position) {}
  }
}
