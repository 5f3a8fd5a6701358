/**
 * Profile changes to audience transitions: state, timers and transitions of a profile are written
 * in one transaction, so that none of them is ever without the others.
 */
@NullMarked
package dev.attune.evaluator;

import org.jspecify.annotations.NullMarked;
