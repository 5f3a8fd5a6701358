/** The system killed again and again, and whether anything is wrong afterwards. */
@NullMarked
package dev.attune.load.faults;

import org.jspecify.annotations.NullMarked;
