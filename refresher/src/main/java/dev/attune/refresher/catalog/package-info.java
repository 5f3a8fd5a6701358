/** What a changed catalog does to the profiles that are there. */
@NullMarked
package dev.attune.refresher.catalog;

import org.jspecify.annotations.NullMarked;
