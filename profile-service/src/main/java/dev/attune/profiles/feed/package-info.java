/** Hears of changed profiles, so that what is kept near is not served for longer than need be. */
@NullMarked
package dev.attune.profiles.feed;

import org.jspecify.annotations.NullMarked;
