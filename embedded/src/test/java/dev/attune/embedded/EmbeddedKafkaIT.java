package dev.attune.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.metadata.bootstrap.BootstrapDirectory;
import org.apache.kafka.server.common.MetadataVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class EmbeddedKafkaIT {
  @TempDir Path directory;

  @Test
  void restart_onTheSameDirectory_keepsRecordsAndClusterId() throws Exception {
    String clusterId;
    try (var kafka = EmbeddedKafka.start(directory, 0)) {
      clusterId = kafka.clusterId();
      createTopic(kafka.bootstrapServers());
      produce(kafka.bootstrapServers(), "first");
    }
    try (var kafka = EmbeddedKafka.start(directory, 0)) {
      assertThat(kafka.clusterId()).isEqualTo(clusterId);
      produce(kafka.bootstrapServers(), "second");
      assertThat(consume(kafka.bootstrapServers(), 2)).containsExactly("first", "second");
    }
  }

  @Test
  void start_afterAKill_keepsAcknowledgedRecords() throws Exception {
    try (var child = ChildJvm.start(KafkaMain.class, directory)) {
      createTopic(child.line());
      produce(child.line(), "acknowledged");
      child.kill();
    }
    try (var kafka = EmbeddedKafka.start(directory, 0)) {
      produce(kafka.bootstrapServers(), "after");
      assertThat(consume(kafka.bootstrapServers(), 2)).containsExactly("acknowledged", "after");
    }
  }

  @Test
  void start_onADirectoryOfANewerKafka_isRefusedInOneSentence() throws Exception {
    EmbeddedKafka.start(directory, 0).close();
    var bootstrap = new BootstrapDirectory(directory.resolve("log").toString());
    bootstrap.writeBinaryFile(
        bootstrap.read().copyWithFeatureRecord(MetadataVersion.FEATURE_NAME, (short) 999));
    assertThatThrownBy(() -> EmbeddedKafka.start(directory, 0))
        .isInstanceOf(NewerKafkaException.class)
        .hasMessageContaining("was written by a newer Kafka (its metadata is of version 999;")
        .hasMessageEndingWith("name another data directory.");
  }

  @Test
  void start_onATakenPort_saysInOneSentenceWhoHasIt() throws Exception {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = socket.getLocalPort();
      assertThatThrownBy(() -> EmbeddedKafka.start(directory, port))
          .isInstanceOf(PortTakenException.class)
          .hasMessage(
              "Port %d, wanted for Kafka, is taken by java (pid %d)."
                  .formatted(port, ProcessHandle.current().pid()));
    }
  }

  private static void createTopic(String servers) throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
      admin.createTopics(List.of(new NewTopic("t", 1, (short) 1))).all().get(30, TimeUnit.SECONDS);
    }
  }

  /** In a transaction, so that the coordinator's own topic has to survive as well. */
  private static void produce(String servers, String value) {
    var properties = new Properties();
    properties.put("bootstrap.servers", servers);
    properties.put("transactional.id", "it");
    properties.put("key.serializer", StringSerializer.class);
    properties.put("value.serializer", StringSerializer.class);
    try (var producer = new KafkaProducer<String, String>(properties)) {
      producer.initTransactions();
      producer.beginTransaction();
      var sent = producer.send(new ProducerRecord<>("t", "k", value));
      producer.commitTransaction();
      assertThat(sent).isDone();
    }
  }

  private static List<String> consume(String servers, int count) {
    var properties = new Properties();
    properties.put("bootstrap.servers", servers);
    properties.put("group.id", "it");
    properties.put("group.protocol", "consumer");
    properties.put("auto.offset.reset", "earliest");
    properties.put("isolation.level", "read_committed");
    properties.put("key.deserializer", StringDeserializer.class);
    properties.put("value.deserializer", StringDeserializer.class);
    List<String> values = new ArrayList<>();
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    try (var consumer = new KafkaConsumer<String, String>(properties)) {
      consumer.subscribe(List.of("t"));
      while (values.size() < count) {
        assertThat(System.nanoTime()).as("%s of %s came", values, count).isLessThan(deadline);
        consumer.poll(Duration.ofMillis(100)).forEach(record -> values.add(record.value()));
      }
    }
    return values;
  }

  /** The process that is killed. */
  static final class KafkaMain {
    public static void main(String[] args) throws InterruptedException {
      var kafka = EmbeddedKafka.start(Path.of(args[0]), 0);
      System.out.println(kafka.bootstrapServers());
      Thread.sleep(Duration.ofMinutes(2));
    }
  }
}
