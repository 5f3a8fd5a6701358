package dev.attune.load.gatling;

import static io.gatling.javaapi.core.CoreDsl.StringBody;
import static io.gatling.javaapi.core.CoreDsl.bodyBytes;
import static io.gatling.javaapi.core.CoreDsl.bodyLength;
import static io.gatling.javaapi.core.CoreDsl.doIfOrElse;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.jmesPath;
import static io.gatling.javaapi.core.CoreDsl.responseTimeInMillis;
import static io.gatling.javaapi.http.HttpDsl.header;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.core.CheckBuilder;
import io.gatling.javaapi.core.Session;
import io.gatling.javaapi.http.HttpRequestActionBuilder;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What users ask, and what has to come of it. Each request is judged, counted and timed. */
final class Requests {
  static final String GET = "GET by identifier";
  static final String POST = "POST :lookup";
  static final String BATCH = "POST :batchGet";
  static final String FIRST = "GET for its ETag";
  static final String CONDITIONAL = "GET if it has changed";
  static final String UNKNOWN = "GET of nobody";

  /** All of a mix. */
  static final List<String> MIXED = List.of(GET, POST, BATCH, FIRST, CONDITIONAL, UNKNOWN);

  /** Entries of a batch. */
  static final int BATCH_SIZE = 20;

  /** More would be refused by the server's bound on requests at once, which is not the question. */
  private static final int UNDER_WAY_MAX = 400;

  private static final String PROFILES = "/v1/profiles/";
  private static final String MILLIS = "millis";
  private static final String STATUS = "status";
  private static final String ETAG = "etag";
  private static final String RIGHT = "right";
  private static final int OK = 200;
  private static final int NOT_MODIFIED = 304;
  private static final int NOT_FOUND = 404;

  private final People people;
  private final Outcomes outcomes;
  private final String prefix;

  Requests(Load load) {
    this(load, "");
  }

  /**
   * @param prefix of the names that they are told under
   */
  Requests(Load load, String prefix) {
    this.people = load.people();
    this.outcomes = load.outcomes();
    this.prefix = prefix;
  }

  ChainBuilder get() {
    return get(prefix + GET);
  }

  /**
   * One lookup.
   *
   * @param name that it is told under
   */
  ChainBuilder get(String name) {
    return counted(name, got(name));
  }

  ChainBuilder post() {
    String name = prefix + POST;
    return counted(
        name,
        answered(
            name,
            http(name)
                .post("/v1/profiles:lookup")
                .header("Content-Type", "application/json")
                .body(StringBody(session -> "{" + identifier(who(session)) + "}"))));
  }

  /** Neighbours of whom the user asks for: each entry another person, the order known. */
  ChainBuilder batch() {
    String name = prefix + BATCH;
    return counted(
        name,
        http(name)
            .post("/v1/profiles:batchGet")
            .header("Content-Type", "application/json")
            .body(StringBody(this::batchOf))
            .check(status().is(OK))
            .checkIf((response, _) -> response.status().code() == OK)
            .then(
                jmesPath("length(results[?status=='ok'])")
                    .ofInt()
                    .is(session -> batch(session).length),
                verdict(name, (session, body) -> BatchReply.fault(people, batch(session), body))));
  }

  /** A user who asks again with what the first answer said: nothing has changed, unless it has. */
  ChainBuilder conditional() {
    String first = prefix + FIRST;
    String name = prefix + CONDITIONAL;
    HttpRequestActionBuilder again =
        http(name)
            .get(this::path)
            .header("If-None-Match", "#{" + ETAG + "}")
            .check(status().in(OK, NOT_MODIFIED), status().saveAs(STATUS))
            .checkIf((response, _) -> response.status().code() == NOT_MODIFIED)
            .then(header("ETag").isEL("#{" + ETAG + "}"), bodyLength().is(0))
            .checkIf((response, _) -> response.status().code() == OK)
            .then(header("ETag").notEL("#{" + ETAG + "}"), ofWhomWasAsked(name));
    return exec(counted(first, got(first).check(header("ETag").saveAs(ETAG))))
        .exitHereIfFailed()
        .exec(counted(name, again))
        .exec(
            session -> {
              if (!session.isFailed() && session.getInt(STATUS) == NOT_MODIFIED) {
                outcomes.notModified(name);
              }
              return session;
            });
  }

  /** Somebody nobody knows: caches and the store see a name that they never saw. */
  ChainBuilder unknown() {
    String name = prefix + UNKNOWN;
    return counted(
        name,
        http(name)
            .get(session -> PROFILES + people.namespace() + ":nobody-" + session.userId())
            .check(status().is(NOT_FOUND), jmesPath("code").is("not_found")));
  }

  private HttpRequestActionBuilder got(String name) {
    return answered(name, http(name).get(this::path));
  }

  private HttpRequestActionBuilder answered(String name, HttpRequestActionBuilder request) {
    return request
        .check(status().is(OK))
        .checkIf((response, _) -> response.status().code() == OK)
        .then(ofWhomWasAsked(name));
  }

  private CheckBuilder ofWhomWasAsked(String name) {
    return verdict(name, (session, body) -> people.fault(who(session), body, 0, body.length));
  }

  private interface Judge {
    Optional<String> fault(Session session, byte[] body);
  }

  private CheckBuilder verdict(String name, Judge judge) {
    return bodyBytes()
        .transformWithSession(
            (body, session) -> {
              Optional<String> fault = judge.fault(session, body);
              if (fault.isPresent()) {
                outcomes.wrong(name);
              }
              return fault.orElse(RIGHT);
            })
        .is(RIGHT)
        .name("the answer");
  }

  private ChainBuilder counted(String name, HttpRequestActionBuilder request) {
    return doIfOrElse(_ -> outcomes.underWay() < UNDER_WAY_MAX)
        .then(
            exec(session -> {
                  outcomes.begins();
                  return session.remove(MILLIS);
                })
                .exec(request.check(responseTimeInMillis().saveAs(MILLIS)))
                .exec(session -> ended(name, session)))
        .orElse(
            exec(
                session -> {
                  outcomes.foundNoRoom(name);
                  return session.markAsFailed();
                }));
  }

  private Session ended(String name, Session session) {
    if (session.isFailed() || !session.contains(MILLIS)) {
      outcomes.failed(name);
    } else {
      outcomes.succeeded(name, session.getInt(MILLIS));
    }
    return session;
  }

  private String path(Session session) {
    return PROFILES + people.namespace() + ":" + people.value(who(session));
  }

  private static int who(Session session) {
    return session.getInt(Load.WHO);
  }

  private String identifier(int index) {
    return "\"identifier\":{\"namespace\":\""
        + people.namespace()
        + "\",\"value\":\""
        + people.value(index)
        + "\"}";
  }

  private int[] batch(Session session) {
    int first = who(session);
    return IntStream.range(0, Math.min(BATCH_SIZE, people.size()))
        .map(i -> (first + i) % people.size())
        .toArray();
  }

  private String batchOf(Session session) {
    return IntStream.of(batch(session))
        .mapToObj(index -> "{" + identifier(index) + "}")
        .collect(Collectors.joining(",", "{\"entries\":[", "]}"));
  }
}
