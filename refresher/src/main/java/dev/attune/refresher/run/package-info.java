/** Runs of models: started, followed and remembered. */
@NullMarked
package dev.attune.refresher.run;

import org.jspecify.annotations.NullMarked;
