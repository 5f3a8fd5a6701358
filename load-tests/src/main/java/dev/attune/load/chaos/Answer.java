package dev.attune.load.chaos;

/** What an endpoint does with a request. */
enum Answer {
  /** 200. */
  TAKEN("200", true),
  /** 200, and a body that does not end within the webhook's timeout: it was taken. */
  TAKEN_SLOWLY("200 with a body without end", true),
  /** 200, and a body of far more than what is read of one: it was taken. */
  TAKEN_WORDILY("200 with 1 MB", true),
  /** 500. */
  ERROR("500", false),
  /** 500, and a body that does not end in time. */
  SLOW_ERROR("500 with a body without end", false),
  /** 500, and a body of far more than what is read of one. */
  WORDY_ERROR("500 with 1 MB", false),
  /** Nothing, until the other side gives up. */
  SILENCE("none", false),
  /** The connection is reset. */
  RESET("resets", false),
  /** Something that is not HTTP. */
  GARBAGE("no HTTP", false);

  private final String words;
  private final boolean takes;

  Answer(String words, boolean takes) {
    this.words = words;
    this.takes = takes;
  }

  /** For people. */
  String words() {
    return words;
  }

  /** Whether the delivery is over with it. */
  boolean takes() {
    return takes;
  }
}
