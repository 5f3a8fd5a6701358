/** What those who receive webhooks do: verify and show what came. */
@NullMarked
package dev.attune.standalone.receive;

import org.jspecify.annotations.NullMarked;
