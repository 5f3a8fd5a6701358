@NullMarked
package dev.attune.standalone.demo;

import org.jspecify.annotations.NullMarked;
