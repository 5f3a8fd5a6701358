package dev.attune.refresher.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.attune.testkit.Await;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CancellationTest {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  @TempDir Path folder;
  private final AtomicInteger cancelled = new AtomicInteger();
  private DuckDb db;

  @BeforeEach
  void open() throws SQLException {
    db = DuckDb.open(RefreshSettings.defaults(folder, folder), folder.resolve("run"));
  }

  @AfterEach
  void close() throws SQLException {
    db.close();
  }

  // A database forgets the wish to cancel what has not begun yet.
  @Test
  void cancel_isSaidAgainUntilTheStatementHasEnded() throws SQLException {
    Statement deaf = statement();
    db.remember(deaf);
    db.cancel();
    Await.until(DEADLINE, "it was said only once", () -> cancelled.get() >= 3);
    db.forget(deaf);
  }

  @Test
  void cancel_beforeAStatement_keepsItFromBeginning() {
    db.cancel();
    assertThatThrownBy(() -> db.remember(statement())).hasMessageContaining("INTERRUPT");
    assertThatThrownBy(() -> db.execute("select 1")).hasMessageContaining("INTERRUPT");
    db.cancel();
    assertThat(cancelled).hasValue(0);
  }

  private Statement statement() {
    return (Statement)
        Proxy.newProxyInstance(
            Statement.class.getClassLoader(),
            new Class<?>[] {Statement.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "cancel" -> {
                    cancelled.incrementAndGet();
                    yield null;
                  }
                  case "hashCode" -> 1;
                  case "equals" -> true;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }
}
