package dev.attune.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.attune.standalone.terminal.Terminal;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a person sees of the commands, whatever the server does. */
class CommandsTest {
  private record Answer(int status, String body) {}

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final List<String> requests = new ArrayList<>();
  private final Deque<Answer> answers = new ArrayDeque<>();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            String body =
                new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + body);
            Answer answer = answers.removeFirst();
            byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void lookup_sendsTheIdentifierInTheBodyAndPrintsTheProfile() {
    answer(200, "{\"profile\":{\"traits\":{\"plan\":\"pro\"}}}");
    assertThat(attune("lookup", "email:ada@example.com", "--json")).isZero();
    assertThat(out()).isEqualTo("{\"profile\":{\"traits\":{\"plan\":\"pro\"}}}\n");
    assertThat(requests)
        .containsExactly(
            "POST /v1/profiles:lookup"
                + " {\"identifier\":{\"namespace\":\"email\",\"value\":\"ada@example.com\"}}");
  }

  @Test
  void lookup_isReadableWithoutJson() {
    answer(
        200,
        """
        {"profile_id": "ab12", "updated_at": "2026-11-21T08:00:00Z",
         "identifiers": [{"namespace": "user_id", "value": "42"},
                         {"namespace": "email", "value": "ada@example.com"}],
         "traits": {"plan": "pro", "tags": ["a", "b"]},
         "audiences": [{"audience": "vip", "entered_at": "2026-11-20T08:00:00Z"},
                       {"audience": "new", "entered_at": "2026-11-21T08:00:00Z",
                        "valid_until": "2026-11-22T08:00:00Z"}]}
        """);
    assertThat(attune("lookup", "user_id:42")).isZero();
    assertThat(out())
        .isEqualTo(
            """
            profile    ab12
            updated    2026-11-21T08:00:00Z
            known by   user_id  42
                       email    ada@example.com
            traits     plan     pro
                       tags     ["a","b"]
            audiences  vip      since 2026-11-20T08:00:00Z
                       new      since 2026-11-21T08:00:00Z, until 2026-11-22T08:00:00Z
            """);
  }

  @Test
  void lookup_ofAView_showsItsPartsAndWhereEachValueIsFrom() {
    answer(
        200,
        """
        {"profile_id": "ab12", "updated_at": "2026-11-21T08:00:00Z", "view": "banner@3",
         "traits": {"plan": {"status": "stale", "value": "pro", "source": "model:customers",
                             "updated_at": "2026-11-20T08:00:00Z", "snapshot":
                             {"run_id": "customers-mh3abc00", "data_time": "2026-11-20T06:00:00Z"}},
                    "city": {"status": "absent"}}}
        """);
    assertThat(attune("lookup", "user_id:42", "--view", "banner")).isZero();
    assertThat(out())
        .isEqualTo(
            """
            profile  ab12
            updated  2026-11-21T08:00:00Z
            view     banner@3
            traits   plan  pro  (model:customers by run customers-mh3abc00, 2026-11-20T08:00:00Z, stale)
                     city  absent
            """);
    assertThat(requests.getLast()).endsWith(",\"view\":\"banner\"}");
    answer(200, "{}");
    assertThat(attune("lookup", "user_id:42", "--fields", "audiences,traits.plan", "--json"))
        .isZero();
    assertThat(requests.getLast()).endsWith(",\"fields\":[\"audiences\",\"traits.plan\"]}");
  }

  @Test
  void lookup_ofNobody_saysSo() {
    answer(404, "{\"code\":\"not_found\",\"message\":\"nobody is known by it\"}");
    assertThat(attune("lookup", "user_id:42")).isEqualTo(1);
    assertThat(err()).isEqualTo("attune: nobody is known by it\n");
    assertThat(out()).isEmpty();
  }

  @Test
  void lookup_withoutNamespace_saysTheForm() {
    assertThat(attune("lookup", "42")).isEqualTo(1);
    assertThat(err()).isEqualTo("attune: whom to look up is NAMESPACE:VALUE, e.g. user_id:42.\n");
    assertThat(requests).isEmpty();
  }

  @Test
  void refusal_isTheServersSentence() {
    answer(400, "{\"code\":\"invalid_identifier\",\"message\":\"namespace: unknown\"}");
    assertThat(attune("lookup", "emial:x")).isEqualTo(1);
    assertThat(err()).isEqualTo("attune: namespace: unknown\n");
  }

  @Test
  void identitySplit_sendsBothInTheBodyAndSaysWhoseTheyAreNow() {
    answer(200, "{\"profile_id\":\"ab\",\"other_profile_id\":\"cd\",\"at\":\"x\"}");
    assertThat(
            attune(
                "identity",
                "split",
                "user_id:42",
                "email:ada@example.org",
                "--reason",
                "two people",
                "--by",
                "sam"))
        .isZero();
    assertThat(out()).isEqualTo("Split: the first is of profile ab, the second of cd.\n");
    assertThat(requests)
        .containsExactly(
            "POST /v1/identity:split {\"one\":{\"namespace\":\"user_id\",\"value\":\"42\"},"
                + "\"other\":{\"namespace\":\"email\",\"value\":\"ada@example.org\"},"
                + "\"by\":\"sam\",\"reason\":\"two people\"}");
  }

  @Test
  void identityLift_saysWhetherTheyAreOnePersonsAgain() {
    answer(200, "{\"profile_id\":\"ab\",\"other_profile_id\":\"ab\"}");
    assertThat(attune("identity", "lift", "user_id:42", "email:a@example.org", "--reason", "r"))
        .isZero();
    assertThat(out()).isEqualTo("Lifted: both are of profile ab again.\n");
    assertThat(requests.getLast()).startsWith("POST /v1/identity:lift ");
    answer(200, "{\"profile_id\":\"ab\",\"other_profile_id\":\"cd\"}");
    assertThat(attune("identity", "lift", "user_id:42", "email:a@example.org", "--reason", "r"))
        .isZero();
    assertThat(out()).contains("Lifted; nothing else links the two");
  }

  @Test
  void identity_withoutAReasonOrANamespace_sendsNothing() {
    assertThat(attune("identity", "split", "user_id:42", "email:a@example.org")).isEqualTo(2);
    assertThat(err()).contains("--reason");
    assertThat(attune("identity", "split", "42", "email:a@example.org", "--reason", "r"))
        .isEqualTo(1);
    assertThat(err()).endsWith("attune: each of the two is NAMESPACE:VALUE, e.g. user_id:42.\n");
    assertThat(requests).isEmpty();
  }

  @Test
  void storeRebuild_followsItToTheEnd() {
    answer(202, "{\"state\":\"running\",\"total\":0}");
    answer(200, "{\"state\":\"running\",\"total\":8,\"passed\":4}");
    answer(
        200,
        "{\"state\":\"done\",\"total\":8,\"passed\":8,\"written\":3,\"merged\":1,\"skipped\":0}");
    assertThat(attune("store", "rebuild")).isZero();
    assertThat(out())
        .endsWith("The store is rebuilt: 3 records written, 1 merged with what came meanwhile.\n");
    assertThat(requests)
        .containsExactly(
            "POST /v1/store:rebuild {}", "GET /v1/store:rebuild ", "GET /v1/store:rebuild ");
  }

  @Test
  void storeRebuild_thatFailsOrRunsAlready_saysSo() {
    answer(202, "{\"state\":\"running\"}");
    answer(200, "{\"state\":\"failed\",\"message\":\"the store is UNAVAILABLE\"}");
    assertThat(attune("store", "rebuild")).isEqualTo(1);
    assertThat(err()).endsWith("attune: the rebuild failed: the store is UNAVAILABLE.\n");
    answer(409, "{\"code\":\"already_running\",\"message\":\"a rebuild runs already\"}");
    assertThat(attune("store", "rebuild")).isEqualTo(1);
    assertThat(err()).endsWith("attune: a rebuild runs already\n");
  }

  @Test
  void storeInit_withoutTables_saysThatThereIsNothingToDo(@TempDir Path folder) throws IOException {
    Path config = Files.writeString(folder.resolve("attune.yaml"), "store: memory");
    assertThat(execute("store", "init", "--config", config.toString())).isZero();
    assertThat(execute("store", "init")).isZero();
    assertThat(out()).isEqualTo("The memory needs no tables.\nRedis needs no tables.\n");
  }

  @Test
  void deadServer_isOneSentenceThatSaysWhatToDo() {
    String url = url();
    server.stop(0);
    assertThat(attune("status", "--server", url)).isEqualTo(1);
    assertThat(err())
        .isEqualTo(
            "attune: no Attune answers at "
                + url
                + ": start one with ./attune up, or name it with --server.\n");
  }

  @Test
  void somethingElseAtThePort_isNotTakenForAttune() {
    answer(200, "<html>hello</html>");
    assertThat(attune("status")).isEqualTo(1);
    assertThat(err()).contains("is not Attune (its answer is not JSON)");
  }

  @Test
  void serverThatIsNoAddress_saysTheForm() {
    assertThat(attune("status", "--server", "localhost:8080")).isEqualTo(1);
    assertThat(err()).contains("is not a server (expected: http://HOST:PORT");
  }

  @Test
  void unknownOption_namesItAndExits2() {
    assertThat(attune("lookup", "user_id:1", "--sever", "x")).isEqualTo(2);
    assertThat(err()).contains("--sever").contains("Try ./attune lookup --help.");
  }

  @Test
  void unknownOptionOfACommandInACommand_namesBoth() {
    assertThat(attune("store", "rebuild", "--sever", "x")).isEqualTo(2);
    assertThat(err()).contains("--sever").contains("Try ./attune store rebuild --help.");
  }

  @Test
  void webhooks_areListed_withWhatIsToBeKnown() {
    answer(
        200,
        """
        {"webhooks": [
          {"name": "ads", "owner": "files", "state": "disabled", "since": "2026-11-30T08:00:00Z",
           "reason": "the endpoint has gone (HTTP 410)", "problem": "x", "pending": 1200,
           "oldest_pending_age_seconds": 86400},
          {"name": "crm", "owner": "api", "state": "active", "problem": "HTTP 503", "circuit": "open", "pending": 0,
           "oldest_pending_age_seconds": 0},
          {"name": "erp", "owner": "files", "state": "held", "since": "2026-11-30T08:00:00Z",
           "reason": "too much", "pending": 1, "oldest_pending_age_seconds": 60}]}
        """);
    assertThat(attune("webhooks", "list")).isZero();
    assertThat(out())
        .isEqualTo(
            """
            webhook  state     pending  oldest   owner
            ads      disabled  1200     86400 s  files  since 2026-11-30T08:00:00Z: the endpoint has gone (HTTP 410)
            crm      active    0        0 s      api    circuit open: HTTP 503
            erp      held      1        60 s     files  since 2026-11-30T08:00:00Z: too much
            """);
  }

  @Test
  void webhooks_log_showsAttempts_eachOnOneLine() {
    answer(200, "{\"profile_id\": \"ab12\"}");
    answer(
        200,
        """
        {"attempts": [
          {"at": "2026-11-30T08:00:05Z", "webhook_id": "msg_2", "profile_id": "ab12", "number": 2,
           "status": 200, "took_ms": 12, "outcome": "delivered"},
          {"at": "2026-11-30T08:00:00Z", "webhook_id": "msg_2", "profile_id": "ab12", "number": 1,
           "status": 503, "took_ms": 7, "outcome": "HTTP 503", "response": "try\\n  later"},
          {"at": "2026-11-30T07:00:00Z", "webhook_id": "msg_1", "profile_id": "ab12", "number": 1,
           "took_ms": 10000, "outcome": "no answer within 10000 ms"}]}
        """);
    assertThat(attune("webhooks", "log", "crm", "--who", "user_id:42", "--limit", "3")).isZero();
    assertThat(out())
        .isEqualTo(
            """
            at                    webhook-id  attempt  status  took
            2026-11-30T08:00:05Z  msg_2       2        200     12 ms     delivered
            2026-11-30T08:00:00Z  msg_2       1        503     7 ms      HTTP 503: try later
            2026-11-30T07:00:00Z  msg_1       1        -       10000 ms  no answer within 10000 ms
            """);
    assertThat(requests.getLast())
        .matches(
            "GET /v1/webhooks/crm/attempts\\?limit=3&profile_id=ab12&profile_id=[0-9a-f]{32} ");
  }

  @Test
  void webhooks_pauseOfADisabledOne_saysThatItIsDisabled() {
    answer(200, "{\"webhook\":\"crm\",\"state\":\"disabled\"}");
    assertThat(attune("webhooks", "pause", "crm")).isZero();
    assertThat(out()).isEqualTo("crm is disabled.\n");
    assertThat(requests).containsExactly("POST /v1/webhooks/crm:pause {}");
  }

  @Test
  void unknownCommandInACommand_namesTheNearest() {
    assertThat(attune("audiences", "explian", "high-value", "user_id:42")).isEqualTo(2);
    assertThat(err())
        .isEqualTo(
            "attune: audiences has no \"explian\"; did you mean \"explain\"? (allowed: backfill,"
                + " explain, list, pause, resume).\nTry ./attune audiences --help.\n");
    assertThat(requests).isEmpty();
  }

  @Test
  void apply_ofAMissingFolder_saysSo(@TempDir Path folder) {
    assertThat(attune("apply", folder.resolve("none").toString())).isEqualTo(1);
    assertThat(err()).contains("there is no folder");
    assertThat(attune("apply", folder.toString())).isEqualTo(1);
    assertThat(err()).contains("there is no definition (*.yaml)");
  }

  @Test
  void apply_sendsEveryFile(@TempDir Path folder) throws IOException {
    Files.createDirectories(folder.resolve("audiences"));
    Files.writeString(folder.resolve("catalog.yaml"), "namespaces: {}");
    Files.writeString(folder.resolve("audiences/vip.yaml"), "name: vip");
    Files.writeString(folder.resolve("README.md"), "not a definition");
    answer(200, "{\"added\":[\"audience/vip\"],\"unchanged\":[\"catalog/catalog\"]}");
    answer(200, "{\"version\":7}");
    assertThat(attune("apply", folder.toString())).isZero();
    assertThat(out())
        .contains("+ audience/vip\n1 new, 0 changed, 1 unchanged")
        .contains("version 7");
    assertThat(requests.getLast())
        .contains("\"path\":\"audiences/vip.yaml\",\"text\":\"name: vip\"")
        .contains("\"path\":\"catalog.yaml\"")
        .doesNotContain("README");
  }

  // They are no reason to stop: the exit code is that of what was done.
  @Test
  void applyAndPlan_showWarningsBesideTheResult(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("catalog.yaml"), "namespaces: {}");
    String warning = "audiences/vip.yaml:2:15: no other definition knows the event \\\"a\\\"";
    String said = "warning: audiences/vip.yaml:2:15: no other definition knows the event \"a\"\n";
    String plan = "{\"added\":[\"audience/vip\"],\"warnings\":[\"" + warning + "\"]}";
    answer(200, plan);
    answer(200, "{\"version\":7,\"warnings\":[\"" + warning + "\"]}");
    assertThat(attune("apply", folder.toString())).isZero();
    assertThat(err()).as("once").isEqualTo(said);
    assertThat(out()).startsWith("+ audience/vip\n1 new,").endsWith("version 7.\n");

    err.reset();
    answer(200, plan);
    assertThat(attune("apply", folder.toString(), "--dry-run")).isZero();
    assertThat(err()).isEqualTo(said);

    err.reset();
    out.reset();
    answer(200, "{\"audiences\":[],\"all_profiles\":true,\"warnings\":[\"" + warning + "\"]}");
    assertThat(attune("plan", folder.toString(), "--exit-code")).isZero();
    assertThat(err()).isEqualTo(said);
    assertThat(out()).isEqualTo("No audience would change.\n");
  }

  // Of whom it is exact has to be known before somebody has more events.
  @Test
  void audiences_thatLookAtTheNewestEventsAlone_sayItInTheListAndInThePlan(@TempDir Path folder)
      throws IOException {
    answer(
        200,
        """
        {"audiences": [
          {"name": "exact", "state": "live", "members": 2, "entered": 2, "exited": 0,
           "description": "All of them"},
          {"name": "spent", "state": "live", "members": 1, "entered": 1, "exited": 0,
           "bounded": "newest 500", "complete_from": "2026-12-01T08:00:00.123Z",
           "description": "Spent much"}]}
        """);
    assertThat(attune("audiences", "list")).isZero();
    assertThat(out())
        .containsPattern("exact +live +2 +\\+2 +-0 +All of them\n")
        .containsPattern(
            "spent +live +1 +\\+1 +-0 +complete from 2026-12-01T08:00:00Z; newest 500; Spent much\n");

    Files.writeString(folder.resolve("catalog.yaml"), "namespaces: {}");
    answer(
        200,
        """
        {"profiles": 3, "all_profiles": true, "audiences": [
          {"name": "spent", "bounded": "newest 500", "members": 1, "enter": 0, "leave": 0,
           "unknown": "nothing"}]}
        """);
    assertThat(attune("plan", folder.toString())).isZero();
    assertThat(out())
        .contains(
            "spent: it looks at the newest 500 events of a person that match, and is exact for"
                + " everybody who has no more.\n");
  }

  // Nobody at a terminal to say yes: removing needs the word.
  @Test
  void prune_withoutYes_removesNothing(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("catalog.yaml"), "namespaces: {}");
    answer(200, "{\"wouldRemove\":[\"audience/vip\"]}");
    assertThat(attune("apply", folder.toString(), "--prune")).isEqualTo(1);
    assertThat(out()).contains("- audience/vip");
    assertThat(err()).contains("nothing was changed");
    assertThat(requests).hasSize(1);
  }

  @Test
  void prune_atATerminal_asksAndDoesWhatItIsTold(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("catalog.yaml"), "namespaces: {}");
    String plan = "{\"wouldRemove\":[\"audience/vip\"]}";
    answer(200, plan);
    assertThat(answering("n\n", "apply", folder.toString(), "--prune")).isEqualTo(1);
    assertThat(out()).startsWith("- audience/vip\n");
    assertThat(err())
        .isEqualTo(
            "Remove what is listed above? [y/N] attune: nothing was changed; say --yes to remove"
                + " what is listed above.\n");
    assertThat(requests).hasSize(1).first().asString().contains("\"dryRun\":true");

    answer(200, plan);
    answer(200, "{\"version\":8}");
    assertThat(answering("y\n", "apply", folder.toString(), "--prune")).isZero();
    assertThat(requests.getLast()).contains("\"prune\":true,\"dryRun\":false");
  }

  @Test
  void prune_withYes_removesWithoutAsking(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("catalog.yaml"), "namespaces: {}");
    answer(200, "{\"wouldRemove\":[\"audience/vip\"]}");
    answer(200, "{\"version\":8}");
    assertThat(attune("apply", folder.toString(), "--prune", "--yes")).isZero();
    assertThat(out()).startsWith("- audience/vip\n").endsWith("at version 8.\n");
    assertThat(err()).isEmpty();
    assertThat(requests.getLast()).contains("\"prune\":true,\"dryRun\":false");
  }

  @Test
  void status_showsEachPartAndFailsWhenOneIsNotReady() {
    answer(
        200,
        """
        {"parts": [
          {"name": "refresher", "ready": true, "reason": "", "status": {"lag": 3}},
          {"name": "dispatcher", "ready": false, "reason": "no store", "status": {}}],
         "process": {"dead letters": 1}}
        """);
    assertThat(attune("status")).isEqualTo(1);
    assertThat(out())
        .isEqualTo(
            """
            PART        STATE                DETAILS
            refresher   up                   lag 3
            dispatcher  not ready: no store
            process     up                   dead letters 1
            """);
  }

  @Test
  void refreshOfOneModel_waitsForItsEnd() {
    answer(202, "{\"id\":\"c 1\",\"model\":\"customers\",\"state\":\"reading\"}");
    answer(200, "{\"id\":\"c 1\",\"state\":\"writing\",\"total\":10,\"written\":4}");
    answer(
        200,
        "{\"id\":\"c 1\",\"state\":\"done\",\"rows\":99,\"total\":10,\"written\":10,\"bad_rows\":1}");
    assertThat(attune("refresh", "customers")).isZero();
    assertThat(out()).startsWith("customers: 99 rows, 10 of them new or changed, 1 given up");
    assertThat(requests)
        .containsExactly(
            "POST /v1/refreshes {\"model\":\"customers\"}",
            "GET /v1/refreshes/c%201 ",
            "GET /v1/refreshes/c%201 ");
  }

  @Test
  void refreshOfAll_goesOnAfterOneWasRefusedAndFails() {
    answer(
        200,
        """
        {"definitions": [
          {"kind": "audience", "id": "vip"},
          {"kind": "model", "id": "a"},
          {"kind": "model", "id": "b"}]}
        """);
    answer(202, "{\"model\":\"a\",\"state\":\"refused\",\"message\":\"a.parquet was cut off\"}");
    answer(202, "{\"model\":\"b\",\"state\":\"done\",\"rows\":1}");
    assertThat(attune("refresh")).isEqualTo(4);
    assertThat(err()).contains("attune: a was refused: a.parquet was cut off\n");
    assertThat(out()).contains("b: 1 rows");
  }

  @Test
  void refreshThatIsNotWaitedFor_saysItsRun() {
    answer(202, "{\"id\":\"c-1\",\"model\":\"customers\",\"state\":\"planned\"}");
    assertThat(attune("refresh", "customers", "--no-wait", "--full", "--idempotency-key", "k 1"))
        .isEqualTo(1);
    assertThat(err()).contains("the idempotency key is not plain text");
    assertThat(attune("refresh", "customers", "--no-wait", "--full", "--idempotency-key", "k-1"))
        .isZero();
    assertThat(out()).isEqualTo("customers: run c-1 is started.\n");
    assertThat(requests)
        .containsExactly("POST /v1/refreshes {\"model\":\"customers\",\"full\":true}");
  }

  @Test
  void dryRun_showsCountsAndWhichCellsDiffer() {
    answer(
        202,
        """
        {"model": "customers", "state": "done", "dry_run": true, "rows": 9, "added": 1, "changed": 2,
         "removed": 0, "again": 0, "bad_rows": 0,
         "differences": {"cells": {"plan": 2},
          "samples": [{"kind": "changed", "key_digest": "0123456789ab", "cells": ["plan"]}]}}
        """);
    assertThat(attune("refresh", "customers", "--dry-run", "--wait")).isZero();
    assertThat(out())
        .isEqualTo(
            """
            customers: 9 rows; a run would write 1 added, 2 changed, 0 removed and 0 again, and give up 0.
              plan differs in 2 rows
              e.g. changed: key digest 0123456789ab (plan)
            """);
    assertThat(requests)
        .containsExactly("POST /v1/refreshes {\"model\":\"customers\",\"dry_run\":true}");
  }

  @Test
  void runs_areListedTheNewestFirst() {
    answer(
        200,
        """
        {"runs": [
          {"id": "c-2", "state": "writing", "started_at": "2026-11-24T04:30:00Z", "written": 500,
           "total": 9000, "slowed": "the evaluator is 40 s behind", "message": ""},
          {"id": "c-1", "state": "refused", "started_at": "2026-11-23T04:30:00Z", "written": 0,
           "total": 0, "message": "c.csv has no rows"}]}
        """);
    assertThat(attune("runs", "list", "--model", "c")).isZero();
    assertThat(out())
        .isEqualTo(
            """
            RUN  STARTED               STATE    WRITTEN  OF    MESSAGE
            c-2  2026-11-24T04:30:00Z  writing  500      9000  slowed: the evaluator is 40 s behind
            c-1  2026-11-23T04:30:00Z  refused  0        0     c.csv has no rows
            """);
    assertThat(requests).containsExactly("GET /v1/refreshes?model=c ");
  }

  @Test
  void run_isShownAsItStands() {
    answer(
        200,
        """
        {"id": "c-2", "model": "c", "kind": "profiles", "state": "writing", "force": true,
         "started_at": "2026-11-24T04:30:00Z", "rows": 99000, "total": 9000, "written": 500,
         "bad_rows": 1, "added": 8000, "changed": 990, "removed": 10, "again": 0,
         "overruled": ["half of it is missing"], "message": "",
         "rows_per_second": 70, "seconds_left": 121, "slowed": "the store takes 2.1 s for 500 rows"}
        """);
    assertThat(attune("runs", "show", "c-2")).isZero();
    assertThat(out())
        .isEqualTo(
            """
            run        c-2
            model      c (profiles)
            asked for  force
            started    2026-11-24T04:30:00Z
            state      writing: slowed: the store takes 2.1 s for 500 rows, 70 rows/s, 2 min left, 99000 rows read
            rows       99000 read; 8000 added, 990 changed, 10 removed and 0 again
            written    500 of 9000
            given up   1
            forced     half of it is missing
            """);
  }

  @Test
  void run_isSteered_andARefusalIsTheServersSentence() {
    answer(202, "{\"id\":\"c-2\",\"state\":\"writing\"}");
    answer(202, "{\"id\":\"c-2\",\"state\":\"planned\"}");
    answer(409, "{\"code\":\"not_now\",\"message\":\"the run is done\"}");
    assertThat(attune("runs", "pause", "c-2")).isZero();
    assertThat(attune("runs", "resume", "c-2")).isZero();
    assertThat(attune("runs", "cancel", "c-2")).isEqualTo(1);
    assertThat(out()).isEqualTo("c-2 pauses.\nc-2 goes on.\n");
    assertThat(err()).contains("attune: the run is done");
    assertThat(requests)
        .containsExactly(
            "POST /v1/refreshes/c-2/pause {}",
            "POST /v1/refreshes/c-2/resume {}",
            "POST /v1/refreshes/c-2/cancel {}");
  }

  @Test
  void check_saysALineForEachModelAndStartsNoRun() {
    answer(
        200,
        """
        {"definitions": [{"kind": "model", "id": "a"}, {"kind": "model", "id": "b"},
                         {"kind": "model", "id": "c"}]}
        """);
    answer(200, "{\"state\":\"ready\",\"message\":\"a.csv, 3 columns are mapped\"}");
    answer(200, "{\"state\":\"refused\",\"message\":\"b.csv has no column \\\"id\\\"\"}");
    answer(200, "{\"state\":\"failed\",\"message\":\"the database is away\"}");
    assertThat(attune("refresh", "--check")).isEqualTo(4);
    assertThat(out()).isEqualTo("a: ready (a.csv, 3 columns are mapped).\n");
    assertThat(err())
        .isEqualTo(
            """
            attune: b would be refused: b.csv has no column "id"
            attune: c would fail: the database is away
            """);
    assertThat(requests)
        .containsExactly(
            "GET /v1/definitions ",
            "POST /v1/models:check {\"model\":\"a\"}",
            "POST /v1/models:check {\"model\":\"b\"}",
            "POST /v1/models:check {\"model\":\"c\"}");
    assertThat(attune("refresh", "a", "--check", "--full")).isEqualTo(1);
    assertThat(err()).endsWith("attune: --check goes alone: it starts no run.\n");
  }

  @Test
  void pausedRefresh_hasAnExitCodeOfItsOwn() {
    answer(202, "{\"model\": \"a\", \"state\": \"paused\"}");
    assertThat(attune("refresh", "a", "--force")).isEqualTo(3);
    assertThat(err()).endsWith("attune: a was paused\n");
  }

  @Test
  void replayOfOneThatCannotBe_saysWhyAndFails() {
    answer(
        200,
        "{\"replayed\":[\"a\"],\"skipped\":[{\"id\":\"b\",\"reason\":\"it was replayed already\"}],\"open\":0}");
    assertThat(attune("dead-letters", "replay", "a", "b")).isEqualTo(1);
    assertThat(err()).isEqualTo("b: it was replayed already.\n");
    assertThat(out()).isEqualTo("Replayed 1; 0 are still open.\n");
    assertThat(requests).containsExactly("POST /v1/dead-letters:replay {\"ids\":[\"a\",\"b\"]}");
  }

  @Test
  void deadLetters_sayHowManyAreOpenAndThatThereAreMore() {
    answer(
        200,
        """
        {"open": 240, "dropped": 3, "more": true, "deadLetters": [
          {"id": "a", "at": "2026-11-21T08:00:00Z", "part": "refresher", "reason": "no id"}]}
        """);
    assertThat(attune("dead-letters", "list", "--limit", "1")).isZero();
    assertThat(out())
        .isEqualTo(
            """
            ID  AT                    PART       STATE  REASON
            a   2026-11-21T08:00:00Z  refresher  open   no id
            240 are open. There are older ones than these 1: --limit shows up to 1000. The oldest 3 \
            are only in Kafka by now.
            """);
    assertThat(requests).containsExactly("GET /v1/dead-letters?limit=1 ");
  }

  @Test
  void replayOfNothing_saysTheForm() {
    assertThat(attune("dead-letters", "replay")).isEqualTo(1);
    assertThat(err()).contains("either the ids of letters or --all");
  }

  @Test
  void replayOfNow_saysOfWhatNothingIsSent() {
    answer(
        200,
        """
        {"webhook": "crm", "mode": "only-diff", "dry_run": true, "deliveries": 3, "people": 2,
          "too_many": false, "skipped": {"erased": 1, "events": 7, "same": 5}}
        """);
    assertThat(
            attune(
                "webhooks",
                "replay",
                "crm",
                "--from",
                "2026-03-01T10:00:00Z",
                "--mode",
                "only-diff"))
        .isZero();
    assertThat(out())
        .isEqualTo(
            """
            Not sent: 1 about people of whom nothing is known any more.
            Not sent: 7 of what happened, which has no now; as-was sends it again.
            Not sent: 5 that the endpoint has as it is.
            These are 3 deliveries about 2 people. Nothing was sent: --yes sends them.
            """);
    assertThat(requests)
        .containsExactly(
            "POST /v1/webhooks/crm:replay"
                + " {\"from\":\"2026-03-01T10:00:00Z\",\"mode\":\"only-diff\",\"dry_run\":true}");
  }

  private int attune(String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    if (!all.contains("--server")) {
      all.add("--server");
      all.add(url());
    }
    return execute(all.toArray(String[]::new));
  }

  private int answering(String line, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--server", url()));
    var in = new ByteArrayInputStream(line.getBytes(StandardCharsets.UTF_8));
    return Main.commands(Terminal.watched(in, stream(out), stream(err)))
        .execute(all.toArray(String[]::new));
  }

  private int execute(String... arguments) {
    Terminal terminal = Terminal.plain(stream(out), stream(err));
    return Main.commands(terminal).execute(arguments);
  }

  private String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void answer(int status, String body) {
    answers.add(new Answer(status, body));
  }

  private String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  private String err() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }
}
