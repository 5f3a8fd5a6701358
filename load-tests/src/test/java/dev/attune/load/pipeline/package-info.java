/** Tests of the plan and of what is compared with. */
@NullMarked
package dev.attune.load.pipeline;

import org.jspecify.annotations.NullMarked;
