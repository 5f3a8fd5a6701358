package dev.attune.standalone.terminal;

/** How far a task has come; closed when it ends, well or not. */
public interface Progress extends AutoCloseable {
  /** So many there are to do, known only now; 0 is unknown still. */
  void total(long total);

  /** So many are done. Cheap: call it as often as there is news. */
  void at(long done);

  /** What stands beside how far it is, until something else does: a few words. */
  void detail(String words);

  /**
   * The same where a line is short.
   *
   * @param brief beside a bar, instead of the count: parts with commas between them, the first ones
   *     matter most
   */
  default void detail(String words, String brief) {
    detail(words);
  }

  /** So many are done, and this is being done now: a few words. */
  void at(long done, String now);

  @Override
  void close();
}
