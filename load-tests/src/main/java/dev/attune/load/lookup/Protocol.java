package dev.attune.load.lookup;

/** What is asked over gRPC, and how an answer is verified. */
interface Protocol {
  /** Full name of the method, {@code /package.Service/Method}. */
  String path();

  /** Bytes of a request: always as many. */
  int requestLength();

  /** Writes the request that begins with a person. */
  void write(int index, byte[] target, int offset);

  /** The outcome, as {@link Tally} has them. */
  int judge(byte[] message, int offset, int length, int index, long sentNanos);
}
