package dev.attune.store.near;

/**
 * When a question was put to the store. Taken before it is put: the answer is at least as new.
 *
 * @param turn its place among all questions and all changes that this process heard of
 * @param nanos on the clock that ages are measured by
 * @param micros on the clock that callers are told
 */
record Asked(long turn, long nanos, long micros) {}
