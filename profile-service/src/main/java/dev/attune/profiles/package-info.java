/** The profile service: who is this, and what do we know about them. */
@NullMarked
package dev.attune.profiles;

import org.jspecify.annotations.NullMarked;
