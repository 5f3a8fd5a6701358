package dev.attune.dispatcher.send;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** How an attempt ended. */
public sealed interface Outcome {
  /** In a few words, for logs and the delivery log; never a personal value. */
  String words();

  /** HTTP status, or 0 when there was no answer. */
  default int status() {
    return 0;
  }

  /**
   * The beginning of what was answered, at most 16 KB, without secrets and personal values; may be
   * empty.
   */
  default String response() {
    return "";
  }

  /** The endpoint took it. */
  record Delivered(int status, String response) implements Outcome {
    /** Of every such outcome. */
    public static final String WORDS = "delivered";

    public Delivered(int status) {
      this(status, "");
    }

    @Override
    public String words() {
      return WORDS;
    }
  }

  /** The endpoint will never take it. */
  record Rejected(int status, String response) implements Outcome {
    public Rejected(int status) {
      this(status, "");
    }

    @Override
    public String words() {
      return "rejected with HTTP " + status;
    }
  }

  /** The endpoint says that it is there no more, and wants nothing any more (410). */
  record Gone(String response) implements Outcome {
    public Gone() {
      this("");
    }

    @Override
    public int status() {
      return 410;
    }

    @Override
    public String words() {
      return "the endpoint has gone (HTTP 410)";
    }
  }

  /**
   * It may work later.
   *
   * @param status 0 when there was no answer
   * @param retryAfter what the endpoint asked for, if it did
   */
  record Failed(int status, String words, @Nullable Duration retryAfter, String response)
      implements Outcome {
    public Failed(int status, String words, @Nullable Duration retryAfter) {
      this(status, words, retryAfter, "");
    }

    static Failed because(String words) {
      return new Failed(0, words, null);
    }
  }

  /** Nothing was sent, and this delivery never will be: the person is not to be spoken of. */
  record Blocked(String why) implements Outcome {
    @Override
    public String words() {
      return "blocked: " + why;
    }
  }

  /** Nothing was sent, and this delivery never can be as it is: it is a dead letter. */
  record Unsendable(String words) implements Outcome {}

  /** Nothing was sent, and nothing will be until an operator mends what is named. */
  record NotSent(String words) implements Outcome {}
}
