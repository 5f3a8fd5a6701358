package dev.attune.refresher.stream;

import dev.attune.refresher.consume.WaitingException;
import dev.attune.refresher.event.MalformedEventException;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What was made of a registry's schemas, by id: an id means the same for ever. One that is missing
 * is asked for again after a while, or each record that names it would cost a request.
 *
 * @param <T> a schema that is ready to read with
 */
final class SchemaCache<T> {
  /** A topic has a few, a confused producer has many. */
  private static final int IDS_MAX = 10_000;

  private static final long MISSING_NANOS = 5_000_000_000L;

  /** Makes a schema ready. */
  @FunctionalInterface
  interface Preparing<T> {
    T prepare(RegisteredSchema schema) throws MalformedEventException;
  }

  private record Missing(String reason, long sinceNanos) {}

  private final Optional<SchemaRegistry> registry;
  private final String type;
  private final String query;
  private final Preparing<T> preparing;
  private final Map<Integer, T> ready = new ConcurrentHashMap<>();
  private final Map<Integer, Missing> missing = new ConcurrentHashMap<>();

  /**
   * @param type of the schemas, as the registry calls it
   * @param query of requests for them
   */
  SchemaCache(
      Optional<SchemaRegistry> registry, String type, String query, Preparing<T> preparing) {
    this.registry = registry;
    this.type = type;
    this.query = query;
    this.preparing = preparing;
  }

  /**
   * The schema of an id.
   *
   * @throws MalformedEventException when the registry has none of this type under it
   * @throws WaitingException when the registry cannot be asked now
   */
  T get(int id) throws MalformedEventException {
    T known = ready.get(id);
    if (known != null) {
      return known;
    }
    Missing gone = missing.get(id);
    if (gone != null && System.nanoTime() - gone.sinceNanos() < MISSING_NANOS) {
      throw new MalformedEventException(gone.reason());
    }
    SchemaRegistry asked =
        registry.orElseThrow(
            () ->
                new WaitingException(
                    "no schema registry is configured (see schema_registry in the config)"));
    if (missing.size() > IDS_MAX) {
      missing.clear();
    }
    if (ready.size() > IDS_MAX) {
      ready.clear();
    }
    try {
      RegisteredSchema schema = asked.byId(id, query);
      if (!schema.type().equals(type)) {
        throw new MalformedEventException("the schema " + id + " is not of the type " + type);
      }
      T made = preparing.prepare(schema);
      ready.put(id, made);
      return made;
    } catch (MalformedEventException e) {
      missing.put(id, new Missing(String.valueOf(e.getMessage()), System.nanoTime()));
      throw e;
    }
  }
}
