/** Real backends for tests, the contracts that adapters meet, and waiting with a deadline. */
@NullMarked
package dev.attune.testkit;

import org.jspecify.annotations.NullMarked;
