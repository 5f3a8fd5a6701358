package dev.attune.dispatcher.state;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Cache;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.WriteBufferManager;

/**
 * One small budget of memory for all stores of the process. By default each store would take its
 * own 50 MB of cache and 48 MB of write buffers, per partition.
 */
public final class RocksDbLimits implements RocksDBConfigSetter {
  private static final long CACHE_BYTES = 24L << 20;
  private static final long WRITE_BUFFERS_BYTES = 12L << 20;

  static {
    // The native classes below need it; Streams loads it only with the first store.
    org.rocksdb.RocksDB.loadLibrary();
  }

  // Shared, so never closed: they live as long as the process.
  private static final Cache CACHE = new LRUCache(CACHE_BYTES);
  private static final WriteBufferManager WRITE_BUFFERS =
      new WriteBufferManager(WRITE_BUFFERS_BYTES, CACHE);

  @Override
  public void setConfig(String storeName, Options options, Map<String, Object> configs) {
    BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
    table.setBlockCache(CACHE);
    table.setCacheIndexAndFilterBlocks(true);
    table.setPinTopLevelIndexAndFilter(true);
    options.setTableFormatConfig(table);
    options.setWriteBufferManager(WRITE_BUFFERS);
    options.setMaxWriteBufferNumber(2);
    options.setWriteBufferSize(2L << 20);
  }

  @Override
  public void close(String storeName, Options options) {
    // Nothing here belongs to one store.
  }
}
