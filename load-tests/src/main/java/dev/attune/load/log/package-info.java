/** What the topics of a running system hold. */
@NullMarked
package dev.attune.load.log;

import org.jspecify.annotations.NullMarked;
