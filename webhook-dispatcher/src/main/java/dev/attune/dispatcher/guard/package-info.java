/** Webhooks are held when one run moves too much of an audience. */
@NullMarked
package dev.attune.dispatcher.guard;

import org.jspecify.annotations.NullMarked;
