/** Users' own topics into events. */
@NullMarked
package dev.attune.refresher.stream;

import org.jspecify.annotations.NullMarked;
