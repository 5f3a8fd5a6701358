/** Facts, the fold that makes the served profile of them, and the port to what stores it. */
@NullMarked
package dev.attune.core.profile;

import org.jspecify.annotations.NullMarked;
