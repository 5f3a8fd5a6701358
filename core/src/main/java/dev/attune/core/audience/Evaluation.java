package dev.attune.core.audience;

/**
 * What an audience says of a profile at an instant.
 *
 * @param member whether the condition holds
 * @param mayEnter whether somebody who is not a member enters: the condition holds at the instant
 *     and still at the time of the profile's newest event. The evaluator's clock may stand behind
 *     an event that was just read; two events that were never within one window must not make a
 *     member for the moment until the clock has caught up.
 * @param flipMicros the next instant at which {@code member} changes if nothing else happens, 0
 *     when that is never; {@code mayEnter} does not change before it either
 */
public record Evaluation(boolean member, boolean mayEnter, long flipMicros) {}
