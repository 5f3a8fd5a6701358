package dev.attune.store.redis;

import dev.attune.core.profile.StoreException;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode.NodeFlag;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which master has which keys, as it was last seen. */
final class Placement {
  private final List<Master> masters;
  private final Set<RedisAddress> servers;
  private final Master[] bySlot;

  /**
   * A server that takes writes.
   *
   * @param id stays when its address changes; empty for the only one
   * @param slots whose keys it has; slot 0 stands for all when it is the only one
   */
  record Master(String id, RedisAddress address, BitSet slots) {}

  private Placement(List<Master> masters, Set<RedisAddress> servers, Master[] bySlot) {
    this.masters = List.copyOf(masters);
    this.servers = Set.copyOf(servers);
    this.bySlot = bySlot;
  }

  /** All keys on one server. */
  static Placement of(RedisAddress address) {
    var slots = new BitSet();
    slots.set(0);
    var master = new Master("", address, slots);
    return new Placement(List.of(master), Set.of(address), new Master[] {master});
  }

  /** By slots, over the masters among these nodes. */
  static Placement of(Iterable<RedisClusterNode> nodes) {
    List<Master> masters = new ArrayList<>();
    Set<RedisAddress> servers = new HashSet<>();
    Master[] bySlot = new Master[SlotHash.SLOT_COUNT];
    for (RedisClusterNode node : nodes) {
      var address = new RedisAddress(node.getUri().getHost(), node.getUri().getPort());
      servers.add(address);
      if (node.is(NodeFlag.UPSTREAM)) {
        var slots = new BitSet(SlotHash.SLOT_COUNT);
        var master = new Master(node.getNodeId(), address, slots);
        node.forEachSlot(
            slot -> {
              slots.set(slot);
              bySlot[slot] = master;
            });
        masters.add(master);
      }
    }
    masters.sort(Comparator.comparing(Master::id));
    return new Placement(masters, servers, bySlot);
  }

  /** Also those that have no slots, by their ids. */
  List<Master> masters() {
    return masters;
  }

  /** Those that have keys. */
  List<Master> owners() {
    return masters.stream().filter(master -> !master.slots().isEmpty()).toList();
  }

  /** All servers, the replicas included. */
  Set<RedisAddress> servers() {
    return servers;
  }

  RedisAddress serverOf(String key) {
    Master master = bySlot.length == 1 ? bySlot[0] : bySlot[SlotHash.getSlot(key)];
    if (master == null) {
      throw new StoreException(
          StoreException.Kind.UNAVAILABLE, "Redis Cluster: a slot has no master just now");
    }
    return master.address();
  }
}
