package dev.attune.platform.http;

import io.helidon.http.HttpPrologue;
import io.helidon.http.Method;
import io.helidon.webserver.http.ErrorHandler;
import io.helidon.webserver.http.Filter;
import io.helidon.webserver.http.HttpFeature;
import io.helidon.webserver.http.HttpRoute;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.HttpSecurity;
import io.helidon.webserver.http.HttpService;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** Remembers the routes that pass through it, because the web server cannot say 405. */
final class KnownRoutes implements HttpRouting.Builder {
  private static final List<Method> METHODS =
      List.of(Method.GET, Method.POST, Method.PUT, Method.PATCH, Method.DELETE, Method.OPTIONS);

  private final HttpRouting.Builder routing;
  private final List<HttpRoute> routes = new ArrayList<>();

  KnownRoutes(HttpRouting.Builder routing) {
    this.routing = routing;
  }

  /** The methods with which this path would have had a route. */
  Set<String> methods(HttpPrologue asked) {
    Set<String> methods = new LinkedHashSet<>();
    for (Method method : METHODS) {
      HttpPrologue other =
          HttpPrologue.create(
              asked.rawProtocol(),
              asked.protocol(),
              asked.protocolVersion(),
              method,
              asked.uriPath(),
              asked.query(),
              asked.fragment());
      if (routes.stream().anyMatch(route -> route.accepts(other).accepted())) {
        methods.add(method.text());
      }
    }
    return methods;
  }

  @Override
  public HttpRouting.Builder route(HttpRoute route) {
    routes.add(route);
    routing.route(route);
    return this;
  }

  @Override
  public HttpRouting.Builder register(HttpService... services) {
    routing.register(services);
    return this;
  }

  @Override
  public HttpRouting.Builder register(String path, HttpService... services) {
    routing.register(path, services);
    return this;
  }

  @Override
  public HttpRouting.Builder addFilter(Filter filter) {
    routing.addFilter(filter);
    return this;
  }

  @Override
  public HttpRouting.Builder addFeature(Supplier<? extends HttpFeature> feature) {
    routing.addFeature(feature);
    return this;
  }

  @Override
  public <T extends Throwable> HttpRouting.Builder error(
      Class<T> type, ErrorHandler<? super T> handler) {
    routing.error(type, handler);
    return this;
  }

  @Override
  public HttpRouting.Builder maxReRouteCount(int count) {
    routing.maxReRouteCount(count);
    return this;
  }

  @Override
  public HttpRouting.Builder security(HttpSecurity security) {
    routing.security(security);
    return this;
  }

  @Override
  public HttpRouting.Builder copy() {
    return routing.copy();
  }

  @Override
  public HttpRouting build() {
    return routing.build();
  }
}
