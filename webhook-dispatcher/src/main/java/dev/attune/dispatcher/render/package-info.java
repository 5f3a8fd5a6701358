/** Causes to rendered deliveries: who wants it, with which id and body. */
@NullMarked
package dev.attune.dispatcher.render;

import org.jspecify.annotations.NullMarked;
