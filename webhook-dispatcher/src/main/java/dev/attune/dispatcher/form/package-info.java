/** The forms that a delivery's document is sent in. */
@NullMarked
package dev.attune.dispatcher.form;

import org.jspecify.annotations.NullMarked;
