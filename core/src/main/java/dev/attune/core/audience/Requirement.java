package dev.attune.core.audience;

import dev.attune.core.audience.Closures.Path;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.ExprKind;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What an expression cannot hold without: an index asks only those whose requirement is met. (Of a
 * conjunction one part is enough, the rarest to be met: Whang et al., "Indexing Boolean
 * Expressions", VLDB 2009.)
 */
sealed interface Requirement {
  /** Beyond it a double stands for several whole numbers. */
  double WHOLE_MAX = 1L << 53;

  /** Where the value is that it speaks of. */
  Path path();

  /**
   * Whether an expression holds wherever its requirement is met, so that it need not be asked: it
   * is one comparison with a text, a boolean or a number of which there is one.
   */
  static boolean isAll(CelExpr expression, String variable) {
    return expression.exprKind().getKind() == ExprKind.Kind.CALL
        && expression.call().function().equals("_==_")
        && of(expression, variable).orElse(null) instanceof OneOf one
        && one.values().stream()
            .allMatch(value -> !(value instanceof Double n) || Math.abs(n) < WHOLE_MAX);
  }

  /** The value is one of these; numbers as doubles. */
  record OneOf(Path path, Set<Object> values) implements Requirement {
    public OneOf {
      values = Set.copyOf(values);
    }
  }

  /** The value is a number, and not less. */
  record AtLeast(Path path, double bound) implements Requirement {}

  /** The value is a number, and not greater. */
  record AtMost(Path path, double bound) implements Requirement {}

  /** A value as {@link OneOf} has it. */
  static Object normal(Object value) {
    return value instanceof Number number ? number.doubleValue() + 0.0 : value;
  }

  /** The best one of an expression; empty when none was found. */
  static Optional<Requirement> of(CelExpr expression, String variable) {
    return switch (expression.exprKind().getKind()) {
      case CALL -> of(expression.call(), variable).or(() -> flag(expression, true, variable));
      case SELECT -> flag(expression, true, variable);
      default -> Optional.empty();
    };
  }

  private static Optional<Requirement> of(CelCall call, String variable) {
    List<CelExpr> arguments = call.args();
    return switch (call.function()) {
      case "_&&_" -> {
        Optional<Requirement> first = of(arguments.get(0), variable);
        Optional<Requirement> second = of(arguments.get(1), variable);
        yield first.isEmpty() || (second.isPresent() && second.get() instanceof OneOf)
            ? second
            : first;
      }
      case "_||_" -> either(of(arguments.get(0), variable), of(arguments.get(1), variable));
      case "!_" -> flag(arguments.getFirst(), false, variable);
      case "_==_" ->
          equal(arguments.get(0), arguments.get(1), variable)
              .or(() -> equal(arguments.get(1), arguments.get(0), variable));
      case "@in" -> in(arguments, variable);
      case "_>_", "_>=_" ->
          bound(arguments.get(0), arguments.get(1), true, variable)
              .or(() -> bound(arguments.get(1), arguments.get(0), false, variable));
      case "_<_", "_<=_" ->
          bound(arguments.get(0), arguments.get(1), false, variable)
              .or(() -> bound(arguments.get(1), arguments.get(0), true, variable));
      default -> Optional.empty();
    };
  }

  private static Optional<Requirement> flag(CelExpr expression, boolean value, String variable) {
    return Closures.path(expression, variable).map(path -> new OneOf(path, Set.of(value)));
  }

  private static Optional<Requirement> either(Optional<Requirement> a, Optional<Requirement> b) {
    if (a.orElse(null) instanceof OneOf first
        && b.orElse(null) instanceof OneOf second
        && first.path().equals(second.path())) {
      Set<Object> values = new HashSet<>(first.values());
      values.addAll(second.values());
      return Optional.of(new OneOf(first.path(), values));
    }
    return Optional.empty();
  }

  private static Optional<Requirement> equal(CelExpr value, CelExpr constant, String variable) {
    return Closures.path(value, variable)
        .flatMap(
            path -> Closures.constant(constant).map(to -> new OneOf(path, Set.of(normal(to)))));
  }

  private static Optional<Requirement> in(List<CelExpr> arguments, String variable) {
    CelExpr list = arguments.get(1);
    if (list.exprKind().getKind() != ExprKind.Kind.LIST) {
      return Optional.empty();
    }
    Set<Object> values = new HashSet<>();
    Closures.constants(list).forEach(constant -> values.add(normal(constant)));
    return values.size() < list.list().elements().size() || values.isEmpty()
        ? Optional.empty()
        : Closures.path(arguments.get(0), variable).map(path -> new OneOf(path, values));
  }

  private static Optional<Requirement> bound(
      CelExpr value, CelExpr constant, boolean least, String variable) {
    return Closures.path(value, variable)
        .flatMap(
            path ->
                Closures.constant(constant)
                    .filter(Number.class::isInstance)
                    .map(to -> ((Number) to).doubleValue() + 0.0)
                    .map(to -> least ? new AtLeast(path, to) : new AtMost(path, to)));
  }
}
