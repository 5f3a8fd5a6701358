/** A small online shop: its warehouse, its visitors and its webhook receiver. */
@NullMarked
package dev.attune.standalone.demo;

import org.jspecify.annotations.NullMarked;
