/** What workspaces say of their events: names and schemas. */
@NullMarked
package dev.attune.core.event;

import org.jspecify.annotations.NullMarked;
