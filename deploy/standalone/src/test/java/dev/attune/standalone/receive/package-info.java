@NullMarked
package dev.attune.standalone.receive;

import org.jspecify.annotations.NullMarked;
