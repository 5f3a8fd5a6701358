package dev.attune.standalone.demo;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What happens in the shop, one event after the other: people come as strangers, look around, log
 * in or sign up, put things into the cart, order or leave. Many are under way at once. The sequence
 * follows from the shop's seed; only the times are those of the call.
 */
final class Visits {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int AT_ONCE = 40;
  // Some come back often, so that orders add up while somebody watches.
  private static final int REGULARS = 100;
  private static final List<String> DEVICES = List.of("phone", "tablet", "laptop");
  private static final List<String> PAGES =
      List.of("/", "/kitchen", "/pantry", "/home", "/travel", "/sale");

  private final Shop shop;
  private final SplittableRandom random;
  private final List<Deque<ObjectNode>> underWay = new ArrayList<>();
  private int visitors;
  private int signUps;
  private long events;

  Visits(Shop shop) {
    this.shop = shop;
    this.random = new SplittableRandom(shop.seed());
  }

  /** The next event, as a source would send it now. */
  ObjectNode next(Instant now) {
    while (underWay.size() < AT_ONCE) {
      underWay.add(visit());
    }
    int who = random.nextInt(underWay.size());
    Deque<ObjectNode> visit = underWay.get(who);
    ObjectNode event = visit.removeFirst();
    if (visit.isEmpty()) {
      underWay.remove(who);
    }
    events++;
    return event
        .put("messageId", "shop-" + shop.seed() + "-" + events)
        .put("timestamp", now.toString());
  }

  private Deque<ObjectNode> visit() {
    visitors++;
    String anonymousId = "visitor-" + shop.seed() + "-" + visitors;
    Deque<ObjectNode> visit = new ArrayDeque<>();
    for (int pages = 1 + random.nextInt(4); pages > 0; pages--) {
      visit.add(page(anonymousId));
    }
    int mood = random.nextInt(100);
    if (mood < 30) {
      return visit; // A stranger who leaves as one.
    }
    String userId;
    if (mood < 35) {
      signUps++;
      userId = String.valueOf(shop.customers() + signUps);
      visit.add(signUp(anonymousId, userId));
    } else {
      int most = mood < 65 ? Math.min(REGULARS, shop.customers()) : shop.customers();
      Customer customer = shop.customer(1 + random.nextInt(most));
      userId = customer.userId();
      visit.add(login(anonymousId, userId, customer));
    }
    Shop.Product product = Shop.PRODUCTS.get(random.nextInt(Shop.PRODUCTS.size()));
    visit.add(page(anonymousId).put("userId", userId));
    visit.add(track("Product Viewed", anonymousId, userId, product, 1));
    if (random.nextInt(100) < 60) {
      int quantity = 1 + random.nextInt(3);
      visit.add(track("Product Added", anonymousId, userId, product, quantity));
      if (random.nextInt(100) < 60) {
        visit.add(track("Order Completed", anonymousId, userId, product, quantity));
      }
    }
    return visit;
  }

  private ObjectNode page(String anonymousId) {
    ObjectNode page = event("page", anonymousId);
    page.putObject("properties").put("path", PAGES.get(random.nextInt(PAGES.size())));
    return page;
  }

  private ObjectNode login(String anonymousId, String userId, Customer customer) {
    ObjectNode login = event("identify", anonymousId).put("userId", userId);
    login
        .putObject("traits")
        .put("email", customer.email())
        .put("last_device", DEVICES.get(random.nextInt(DEVICES.size())));
    return login;
  }

  private ObjectNode signUp(String anonymousId, String userId) {
    ObjectNode signUp = event("identify", anonymousId).put("userId", userId);
    signUp
        .putObject("traits")
        .put("email", "new" + userId + "@example.com")
        .put("first_name", "Newcomer")
        .put("plan", "free")
        .put("last_device", DEVICES.get(random.nextInt(DEVICES.size())));
    return signUp;
  }

  private static ObjectNode track(
      String name, String anonymousId, String userId, Shop.Product product, int quantity) {
    ObjectNode track = event("track", anonymousId).put("userId", userId).put("event", name);
    ObjectNode properties = track.putObject("properties");
    properties
        .put("sku", product.sku())
        .put("category", product.category())
        .put("price", product.cents() / 100.0)
        .put("quantity", quantity)
        .put("currency", "EUR");
    if (name.equals("Order Completed")) {
      properties.put("total", product.cents() * quantity / 100.0);
    }
    return track;
  }

  private static ObjectNode event(String type, String anonymousId) {
    return JSON.createObjectNode().put("type", type).put("anonymousId", anonymousId);
  }
}
