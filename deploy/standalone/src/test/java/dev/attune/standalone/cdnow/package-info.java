/** Real purchases through the refresher and the evaluator, compared with SQL. */
@NullMarked
package dev.attune.standalone.cdnow;

import org.jspecify.annotations.NullMarked;
