package dev.attune.store.redis;

import dev.attune.core.profile.ProfileStore.ProfileIdPage;
import dev.attune.core.profile.StoreException;
import dev.attune.store.redis.Placement.Master;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * All profile ids, master after master. What a server's cursor means depends on its process, and
 * which keys a master has on where the slots are. So the position remembers both, and begins again
 * when they have changed: an id comes twice rather than not at all.
 */
final class Scan {
  private static final int PAGE = 1_000;
  private static final int RESTARTS_MAX = 100;

  private final Servers servers;
  private final Keys keys;

  Scan(Servers servers, Keys keys) {
    this.servers = servers;
    this.keys = keys;
  }

  /**
   * How far a scan has come.
   *
   * @param placement which masters and slots there were
   * @param master the place of the one that is being read
   * @param run of its process; 0 when not known yet
   * @param cursor the server's own
   * @param restarts how often it had to begin again
   */
  record Position(int placement, int master, int run, String cursor, int restarts) {
    private static final Pattern FORMAT =
        Pattern.compile("(-?\\d{1,10})_(\\d{1,4})_(-?\\d{1,10})_(\\d{1,20})_(\\d{1,3})");

    static Position parse(String text) {
      if (text.equals(ProfileIdPage.FIRST)) {
        return new Position(0, 0, 0, "0", 0);
      }
      Matcher matcher = FORMAT.matcher(text);
      if (!matcher.matches()) {
        throw new IllegalArgumentException("cursor: not one of this store's");
      }
      return new Position(
          Integer.parseInt(matcher.group(1)),
          Integer.parseInt(matcher.group(2)),
          Integer.parseInt(matcher.group(3)),
          matcher.group(4),
          Integer.parseInt(matcher.group(5)));
    }

    boolean isFirst() {
      return master == 0 && cursor.equals("0");
    }

    @Override
    public String toString() {
      return placement + "_" + master + "_" + run + "_" + cursor + "_" + restarts;
    }
  }

  /** Completes the call with the page at a position. */
  void page(Call<ProfileIdPage> call, Position from) {
    if (!call.isDone()) {
      call.then(servers.topology().placement(), placement -> page(call, from, placement));
    }
  }

  private void page(Call<ProfileIdPage> call, Position from, Placement placement) {
    int seen = fingerprint(placement);
    Position position = from;
    if (from.placement() != seen) {
      position = new Position(seen, 0, 0, "0", from.isFirst() ? from.restarts() : again(from));
    }
    read(call, position, placement);
  }

  private void read(Call<ProfileIdPage> call, Position position, Placement placement) {
    Master master = placement.owners().get(position.master());
    var info = Request.info("server");
    var scan = Request.scan(position.cursor(), keys.profilePattern(), PAGE);
    call.then(
        servers.bulk().askServer(master.address(), List.of(info, scan)),
        _ -> {
          int run = ServerInfo.of(info.join()).text("run_id").hashCode();
          boolean otherRun = position.run() != run && !position.cursor().equals("0");
          if (otherRun) {
            answer(call, List.of(), at(position, position.master(), run, "0", again(position)));
            return;
          }
          List<String> ids = scan.join().getKeys().stream().map(keys::profileId).toList();
          if (!scan.join().isFinished()) {
            String cursor = scan.join().getCursor();
            answer(call, ids, at(position, position.master(), run, cursor, position.restarts()));
          } else {
            endMaster(call, ids, position);
          }
        });
  }

  /** Goes on with the next master, after a look whether keys may have come to one that was read. */
  private void endMaster(Call<ProfileIdPage> call, List<String> ids, Position position) {
    call.then(
        servers.topology().look(),
        placement -> {
          int next = position.master() + 1;
          if (fingerprint(placement) != position.placement()) {
            answer(call, ids, new Position(fingerprint(placement), 0, 0, "0", again(position)));
          } else if (next < placement.owners().size()) {
            answer(call, ids, at(position, next, 0, "0", position.restarts()));
          } else {
            call.complete(new ProfileIdPage(ids, ""));
          }
        });
  }

  private static void answer(Call<ProfileIdPage> call, List<String> ids, Position next) {
    call.complete(new ProfileIdPage(ids, next.toString()));
  }

  private static Position at(Position from, int master, int run, String cursor, int restarts) {
    return new Position(from.placement(), master, run, cursor, restarts);
  }

  private static int again(Position position) {
    if (position.restarts() == RESTARTS_MAX) {
      throw new StoreException(
          StoreException.Kind.UNAVAILABLE,
          "Redis: a scan began again " + RESTARTS_MAX + " times, for the servers kept changing");
    }
    return position.restarts() + 1;
  }

  private static int fingerprint(Placement placement) {
    int hash = 0;
    for (Master master : placement.owners()) {
      hash = 31 * (31 * hash + master.id().hashCode()) + master.slots().hashCode();
    }
    return hash;
  }
}
