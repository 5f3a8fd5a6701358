package dev.attune.refresher.snapshot;

import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;

/** A pattern over absolute paths, as of {@link java.nio.file.FileSystem#getPathMatcher}. */
record Glob(String pattern) {
  private static final String WILDCARDS = "*?[{";

  /** Whether a text has wildcards. */
  static boolean is(String text) {
    return text.chars().anyMatch(c -> WILDCARDS.indexOf(c) >= 0);
  }

  PathMatcher matcher() {
    return FileSystems.getDefault().getPathMatcher("glob:" + pattern);
  }

  /** What it begins with, up to its first wildcard. */
  String literal() {
    int end = 0;
    while (end < pattern.length() && WILDCARDS.indexOf(pattern.charAt(end)) < 0) {
      end++;
    }
    return pattern.substring(0, end);
  }

  /** The folder up to which it has no wildcards. */
  Path folder() {
    return Path.of(pattern.substring(0, pattern.lastIndexOf('/', literal().length()) + 1));
  }
}
