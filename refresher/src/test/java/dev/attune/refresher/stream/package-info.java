/** Tests of users' own topics. */
@NullMarked
package dev.attune.refresher.stream;

import org.jspecify.annotations.NullMarked;
