package dev.attune.refresher.stream;

import dev.attune.core.stream.StreamDefinition.Format;

/** The readers of all formats. */
final class RecordReaders {
  private final RecordReader json = new JsonRecords();

  RecordReader of(Format format) {
    return switch (format) {
      case JSON -> json;
    };
  }
}
