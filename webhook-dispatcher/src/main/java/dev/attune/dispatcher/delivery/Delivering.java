package dev.attune.dispatcher.delivery;

import dev.attune.dispatcher.poison.Poison;
import dev.attune.dispatcher.send.Sender;
import dev.attune.platform.deadletter.DeadLetters;
import dev.attune.platform.definition.DefinitionsSource;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;

/**
 * What the owners of all partitions share.
 *
 * @param gates which webhooks are delivered to
 * @param pendingMax most deliveries that wait per webhook and partition; those beyond are dead
 *     letters
 * @param draining once true, no new attempt begins
 * @param random for jitter; safe for use by several threads
 */
public record Delivering(
    DefinitionsSource definitions,
    Gates gates,
    Sender sender,
    Slots slots,
    RetrySchedule retries,
    long pendingMax,
    DeadLetters deadLetters,
    Poison poison,
    Backlog backlog,
    Health health,
    DispatcherMetrics metrics,
    AtomicBoolean draining,
    InstantSource clock,
    RandomGenerator random) {}
