/** What must not be stored, whoever sends it: payment card numbers, and fields that are named. */
@NullMarked
package dev.attune.core.forbidden;

import org.jspecify.annotations.NullMarked;
