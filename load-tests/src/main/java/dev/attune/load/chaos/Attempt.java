package dev.attune.load.chaos;

/**
 * A request as the receiver has it.
 *
 * @param endpoint whose path it came to
 * @param person whom it is about; {@link #NOBODY} for somebody whom nothing was written of
 * @param number of the message, of this person, from 1
 * @param id its {@code webhook-id}
 * @param digest of its body
 * @param genuine whether the public library believes it
 * @param signedAtSeconds its {@code webhook-timestamp}
 * @param receivedAtMillis when it was there
 * @param answer what was answered
 */
record Attempt(
    int endpoint,
    int person,
    int number,
    String id,
    String digest,
    boolean genuine,
    long signedAtSeconds,
    long receivedAtMillis,
    Answer answer) {
  static final int NOBODY = -1;
}
