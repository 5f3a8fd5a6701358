@NullMarked
package dev.attune.standalone.client;

import org.jspecify.annotations.NullMarked;
