import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.TimeWindows;
import org.apache.kafka.streams.processor.api.ContextualFixedKeyProcessor;
import org.apache.kafka.streams.processor.api.FixedKeyRecord;
import org.apache.kafka.streams.state.BuiltInDslStoreSuppliers;

/**
 * The peer: Kafka Streams as its documentation writes a windowed count. It counts the speech of
 * each community and day (UTC, by the records' timestamps), a small part of what Pulse does.
 */
public final class SpeechCounts {
  private static final Set<String> SPEECH = Set.of("post.created", "reply.created");

  /** Longer than the job, so that no event comes too late for its window. */
  private static final Duration GRACE = Duration.ofDays(40);

  private static final ObjectReader READER = new ObjectMapper().readerFor(Interaction.class);

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Interaction(
      @JsonProperty("id") String id,
      @JsonProperty("type") String type,
      @JsonProperty("time") String time,
      @JsonProperty("community_id") String communityId,
      @JsonProperty("user_id") String userId) {}

  /**
   * Counts all events, tells the benchmark when a few of them were reached, and asks for a commit
   * after the last one, which else would come up to 30 seconds later.
   */
  static final class Milestones extends ContextualFixedKeyProcessor<String, Interaction, Interaction> {
    private static long processed = 0; // of all tasks: there is one thread

    private final long skipped;
    private final long all;

    Milestones(long skipped, long all) {
      this.skipped = skipped;
      this.all = all;
    }

    @Override
    public void process(FixedKeyRecord<String, Interaction> interaction) {
      context().forward(interaction);
      long now = ++processed;
      if (now == skipped || now == all / 2 || now == all) {
        System.out.println("milestone " + now + " " + System.currentTimeMillis());
        if (now == all) {
          context().commit();
        }
      }
    }
  }

  public static void main(String[] arguments) {
    Map<String, String> given = System.getenv();
    StreamsBuilder builder = new StreamsBuilder();
    Serde<Interaction> interactions = Serdes.serdeFrom((topic, value) -> null, reader());
    long skipped = Long.parseLong(given.get("BENCH_SKIPPED"));
    long all = Long.parseLong(given.get("BENCH_EVENTS"));
    builder.stream(given.get("BENCH_TOPIC"), Consumed.with(Serdes.String(), interactions))
        .processValues(() -> new Milestones(skipped, all))
        .filter((community, interaction) -> SPEECH.contains(interaction.type()))
        .groupByKey(Grouped.with(Serdes.String(), interactions))
        .windowedBy(TimeWindows.ofSizeAndGrace(Duration.ofDays(1), GRACE))
        .count(Materialized.as("speech"));
    KafkaStreams streams = new KafkaStreams(builder.build(), settings(given));
    Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(Duration.ofSeconds(10))));
    streams.start();
  }

  private static Deserializer<Interaction> reader() {
    return (topic, value) -> {
      try {
        return READER.readValue(value);
      } catch (IOException error) {
        throw new SerializationException(error);
      }
    };
  }

  private static Properties settings(Map<String, String> given) {
    Class<?> stores =
        given.get("BENCH_STORE").equals("memory")
            ? BuiltInDslStoreSuppliers.InMemoryDslStoreSuppliers.class
            : BuiltInDslStoreSuppliers.RocksDBDslStoreSuppliers.class;
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, given.get("BENCH_GROUP"));
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, given.get("KAFKA_BOOTSTRAP_SERVERS"));
    settings.put(StreamsConfig.STATE_DIR_CONFIG, given.get("BENCH_STATE"));
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
    settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
    settings.put(StreamsConfig.DSL_STORE_SUPPLIERS_CLASS_CONFIG, stores);
    settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.StringSerde.class);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    // The broker says when the counts were written; the default would be the events' own time.
    String appended = TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG;
    settings.put(StreamsConfig.topicPrefix(appended), "LogAppendTime");
    return settings;
  }
}
