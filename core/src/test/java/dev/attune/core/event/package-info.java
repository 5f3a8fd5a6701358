/** Tests of event definitions. */
@NullMarked
package dev.attune.core.event;

import org.jspecify.annotations.NullMarked;
