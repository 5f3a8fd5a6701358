package dev.attune.load.audience;

import dev.attune.core.profile.Served;
import dev.attune.platform.kafka.KafkaClients;
import dev.attune.platform.kafka.KafkaSettings;
import dev.attune.proto.v1.Cause;
import dev.attune.proto.v1.Changed;
import dev.attune.proto.v1.Event;
import dev.attune.proto.v1.Facts;
import dev.attune.proto.v1.Identifier;
import dev.attune.proto.v1.LiveProfile;
import dev.attune.proto.v1.Profile;
import dev.attune.proto.v1.ProfileChange;
import dev.attune.proto.v1.ProfileRecord;
import dev.attune.proto.v1.Trait;
import dev.attune.proto.v1.Value;
import dev.attune.proto.v1.Watermark;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;

/**
 * Sends profile changes to an evaluator as the refresher would, five views of one category by each
 * of many people, and reads what it tells. Each view brings its person into two of the ten
 * audiences that ask for the category.
 */
final class EvaluatorRun implements AutoCloseable {
  static final int CATEGORIES = 100;

  /** Views of a person. */
  static final int VIEWS = 5;

  /** Audiences that each of them enters with one view. */
  static final int ENTERS = Shop.AUDIENCES_EACH / VIEWS;

  private static final int TRAITS = 10;
  private static final long WATERMARK_NANOS = Duration.ofMillis(100).toNanos();
  private static final Duration TELL_MAX = Duration.ofMinutes(2);
  private static final Duration SEEN_MAX = Duration.ofMinutes(20);
  private static final int WATCHED_EVERY = 64;

  private final KafkaSettings kafka;
  private final Producer<byte[], byte[]> producer;
  private final TransitionReader reader;
  private final Thread watermarks;
  private volatile boolean closing;
  private int people;
  private long views;

  EvaluatorRun(KafkaSettings kafka) {
    this.kafka = kafka;
    this.producer = KafkaClients.producer(kafka, "attune-bench-changes");
    this.reader = TransitionReader.start(kafka);
    this.watermarks = Thread.ofPlatform().daemon().name("watermarks").start(this::watermarks);
  }

  /** Events a second from the first one that is sent until the last transition can be read. */
  double asFastAsItCan(int events) throws InterruptedException {
    long begin = System.nanoTime();
    int first = people;
    int count = events / VIEWS;
    people += count;
    for (int view = 0; view < VIEWS; view++) {
      for (int person = first; person < first + count; person++) {
        send(person, view, 0);
      }
    }
    producer.flush();
    awaitTold();
    return (double) count * VIEWS * 1e9 / (System.nanoTime() - begin);
  }

  /**
   * At a steady rate.
   *
   * @param warmUp of it, not measured
   * @return from when a change was to be sent until its transition was read, in microseconds
   */
  Histogram atRate(int rate, Duration warmUp, Duration measured) throws InterruptedException {
    int count = (int) (rate * warmUp.plus(measured).toSeconds()) / VIEWS;
    int first = people;
    people += count;
    long begin = System.nanoTime();
    long number = 0;
    reader.measureFrom(begin + warmUp.toNanos());
    for (int view = 0; view < VIEWS; view++) {
      for (int person = first; person < first + count; person++) {
        long due = begin + number++ * 1_000_000_000L / rate;
        for (long now = System.nanoTime(); now < due; now = System.nanoTime()) {
          LockSupport.parkNanos(due - now);
        }
        send(person, view, due);
      }
    }
    producer.flush();
    awaitTold();
    return reader.measured();
  }

  /** People who are seen for the first time, as fast as they can; returns once all have entered. */
  void seen(SeenPeople people) throws InterruptedException {
    reader.tell(people);
    for (int i = 0; i < people.count(); i++) {
      int person = people.first() + i;
      send(person, 1, Shop.seen(person, people.seenAt(i)), 0);
    }
    producer.flush();
    people.awaitEntered(SEEN_MAX);
  }

  private void awaitTold() throws InterruptedException {
    reader.await(views * ENTERS, TELL_MAX);
  }

  private void send(int person, int view, long due) {
    long now = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    send(person, view + 1L, Shop.view(views++, person, person % CATEGORIES, now), due);
  }

  private void send(int person, long version, Event event, long due) {
    byte[] value = change(person, version, event, due).toByteArray();
    byte[] key = id(person).getBytes(StandardCharsets.UTF_8);
    var _ = producer.send(new ProducerRecord<>(kafka.topics().profileChanges(), key, value));
  }

  static String id(int person) {
    return "%032x".formatted(person);
  }

  /** Of some 900 bytes. */
  private static ProfileChange change(int person, long version, Event event, long due) {
    Identifier via = event.getVia();
    Profile.Builder profile =
        Profile.newBuilder().setProfileId(id(person)).setVersion(version).addIdentifiers(via);
    for (int trait = 0; trait < TRAITS; trait++) {
      profile.addTraits(
          Trait.newBuilder()
              .setName("trait_" + trait)
              .setValue(Value.newBuilder().setText("value-" + (person + trait) % 1_000))
              .setUpdatedAtMicros(event.getOccurredAtMicros())
              .setSource("model:customers"));
    }
    return ProfileChange.newBuilder()
        .setChanged(
            Changed.newBuilder()
                .setRecord(
                    ProfileRecord.newBuilder()
                        .setProfileId(id(person))
                        .setVersion(version)
                        .setLive(
                            LiveProfile.newBuilder()
                                .setServed(Served.of(profile.build()).bytes())
                                .setFacts(
                                    Facts.newBuilder().addIdentifiers(via).build().toByteString())))
                .addCauses(
                    Cause.newBuilder()
                        .setEvent(event)
                        .setTraceparent(due == 0 ? "" : TransitionReader.traceparent(due))))
        .build();
  }

  private void watermarks() {
    while (!closing) {
      byte[] value =
          ProfileChange.newBuilder()
              .setWatermark(
                  Watermark.newBuilder()
                      .setEventsPartitions(1)
                      .setTimeMicros(ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now())))
              .build()
              .toByteArray();
      byte[] key = "~watermark/0".getBytes(StandardCharsets.UTF_8);
      for (int partition = 0; partition < kafka.partitions(); partition++) {
        var _ =
            producer.send(
                new ProducerRecord<>(kafka.topics().profileChanges(), partition, key, value));
      }
      LockSupport.parkNanos(WATERMARK_NANOS);
    }
  }

  /**
   * Compares what was told of one person in {@value #WATCHED_EVERY} with what they did.
   *
   * @return how many were compared, and how many of them were wrong
   */
  long[] verify() {
    long compared = 0;
    long wrong = 0;
    for (int person = 0; person < people; person += WATCHED_EVERY) {
      for (int each = 0; each < Shop.AUDIENCES_EACH; each++) {
        compared++;
        wrong += reader.entered(id(person), Shop.name(person % CATEGORIES, each)) == 1 ? 0 : 1;
      }
    }
    return new long[] {compared, wrong + reader.unexpected()};
  }

  @Override
  public void close() throws InterruptedException {
    closing = true;
    watermarks.join();
    producer.close();
    reader.close();
  }
}
