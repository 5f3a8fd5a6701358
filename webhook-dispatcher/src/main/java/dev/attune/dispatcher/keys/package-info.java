/** The public keys that subscribers verify with. */
@NullMarked
package dev.attune.dispatcher.keys;

import org.jspecify.annotations.NullMarked;
