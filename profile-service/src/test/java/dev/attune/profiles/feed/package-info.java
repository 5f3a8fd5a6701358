/** Tests of the feed of changes. */
@NullMarked
package dev.attune.profiles.feed;

import org.jspecify.annotations.NullMarked;
