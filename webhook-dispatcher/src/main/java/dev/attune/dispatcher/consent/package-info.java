/** Nothing is sent about people who do not consent to it. */
@NullMarked
package dev.attune.dispatcher.consent;

import org.jspecify.annotations.NullMarked;
