package dev.attune.platform.shutdown;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signals through {@code sun.misc.Signal}. A shutdown hook cannot do it: after SIGTERM the JVM
 * would exit with 143, not 0. Reflection, because the compiler refuses to name the class without a
 * warning.
 */
final class Signals {
  private static final Logger LOG = LoggerFactory.getLogger(Signals.class);

  private Signals() {}

  static void handle(List<String> names, Runnable handler) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Method handle = signal.getMethod("handle", signal, handlerType);
      Object proxy =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handlerType},
              (_, method, arguments) -> {
                if (!method.getName().equals("handle")) {
                  return method.invoke(handler, arguments);
                }
                handler.run();
                return null;
              });
      for (String name : names) {
        handle.invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
      }
    } catch (ReflectiveOperationException e) {
      LOG.warn("signals end the process without closing its parts", e);
    }
  }
}
