package dev.attune.core.audience;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelExpr;
import dev.cel.common.ast.CelExpr.CelCall;
import dev.cel.common.ast.CelExpr.ExprKind.Kind;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.navigation.CelNavigableExpr;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Refuses expressions whose cost is not bounded by the size of what they look at. CEL counts the
 * elements that all of an expression's {@code exists}, {@code all} and {@code exists_one} go
 * through, and gives up beyond a limit: then nothing is decided, and nobody would know. So that it
 * never comes to that, they go through lists one after another, at most {@link #LOOPS_MAX} of them,
 * each no longer than a list of a property or trait can be; and what is done for each element costs
 * no more than the element is large.
 */
final class Cost {
  /** Most lists that one expression goes through. */
  static final int LOOPS_MAX = 4;

  /** More elements no list of an event of 64 KB has in JSON, nor a trait of 32 KB. */
  static final int ELEMENTS_MAX = 32 << 10;

  /**
   * Most elements of lists that an expression of an earlier version goes through: as it did there,
   * so that nobody enters or leaves because of another version.
   */
  static final int FORMER_ITERATIONS_MAX = 1_000;

  /** Largest program of a regular expression. */
  static final int REGEX_PROGRAM_MAX = 1_000;

  private static final String LOOPS = "exists, all and exists_one";

  private static final Set<String> COMPARISONS =
      Set.of("_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_");

  private static final Set<String> LOGIC = Set.of("_&&_", "_||_", "!_", "_?_:_");

  private final Yaml yaml;
  private final CelAbstractSyntaxTree ast;
  private final String variable;

  private Cost(Yaml yaml, CelAbstractSyntaxTree ast, String variable) {
    this.yaml = yaml;
    this.ast = ast;
    this.variable = variable;
  }

  /**
   * Checks an expression over a variable. False when it may cost too much and is in a definition
   * that an earlier version took: then it is to be run within {@link #FORMER_ITERATIONS_MAX}.
   *
   * @throws DefinitionException for the first part that may cost too much, in any other definition
   */
  static boolean check(Yaml yaml, CelAbstractSyntaxTree ast, String variable) {
    try {
      new Cost(yaml, ast, variable).check(CelNavigableAst.fromAst(ast).getRoot());
      return true;
    } catch (DefinitionException e) {
      yaml.refuse(e);
      return false;
    }
  }

  private void check(CelNavigableExpr root) {
    List<CelNavigableExpr> nodes = root.allNodes().toList();
    List<CelNavigableExpr> loops =
        nodes.stream().filter(node -> node.getKind() == Kind.COMPREHENSION).toList();
    for (CelNavigableExpr loop : loops) {
      if (loop.expr().comprehension().accuInit().exprKind().getKind() == Kind.LIST) {
        throw refuse(
            loop,
            "map and filter copy what they have found with each element (allowed: " + LOOPS + ")");
      }
      if (isInLoop(loop)) {
        throw refuse(loop, LOOPS + " cannot stand inside each other (allowed: one after another)");
      }
      if (isJoined(loop.expr().comprehension().iterRange())) {
        throw refuse(loop, LOOPS + " cannot go through what + puts together (allowed: one list)");
      }
    }
    if (loops.size() > LOOPS_MAX) {
      throw refuse(
          loops.getLast(),
          "the expression has "
              + LOOPS
              + " "
              + loops.size()
              + " times (allowed: "
              + LOOPS_MAX
              + ")");
    }
    for (CelNavigableExpr node : nodes) {
      if (node.getKind() == Kind.IDENT
          && node.expr().ident().name().equals(variable)
          && isInLoop(node)
          && !isCheap(path(node))) {
        throw refuse(
            node,
            "inside "
                + LOOPS
                + " "
                + variable
                + " can only be compared with the element (allowed: e.g. x < "
                + variable
                + ".NAME)");
      }
      if (node.getKind() == Kind.CALL && node.expr().call().function().equals("matches")) {
        checkPattern(node);
      }
    }
  }

  private DefinitionException refuse(CelNavigableExpr node, String message) {
    return Expressions.refuse(yaml, ast, node.id(), message);
  }

  // Whether it is done for each element of a list; the list itself is looked up once.
  private static boolean isInLoop(CelNavigableExpr node) {
    CelNavigableExpr child = node;
    Optional<CelNavigableExpr> parent = child.parent();
    while (parent.isPresent()) {
      if (parent.get().getKind() == Kind.COMPREHENSION
          && parent.get().expr().comprehension().iterRange().id() != child.id()) {
        return true;
      }
      child = parent.get();
      parent = child.parent();
    }
    return false;
  }

  private static boolean isJoined(CelExpr list) {
    if (list.exprKind().getKind() != Kind.CALL) {
      return false;
    }
    CelCall call = list.call();
    return call.function().equals("_+_")
        || Stream.concat(call.target().stream(), call.args().stream()).anyMatch(Cost::isJoined);
  }

  // The place in the variable that is looked at: it costs nothing to get there.
  private static CelNavigableExpr path(CelNavigableExpr variable) {
    CelNavigableExpr node = variable;
    while (true) {
      Optional<CelNavigableExpr> parent = node.parent();
      if (parent.isEmpty() || !isStep(parent.get(), node)) {
        return node;
      }
      node = parent.get();
    }
  }

  private static boolean isStep(CelNavigableExpr parent, CelNavigableExpr child) {
    return parent.getKind() == Kind.SELECT
        || (parent.getKind() == Kind.CALL
            && parent.expr().call().function().equals("_[_]")
            && parent.expr().call().args().getFirst().id() == child.id());
  }

  // To be compared with an element, or with what is in it, costs no more than that is large.
  private boolean isCheap(CelNavigableExpr path) {
    CelNavigableExpr parent = path.parent().orElseThrow();
    return switch (parent.getKind()) {
      case LIST, COMPREHENSION -> true;
      case CALL -> {
        CelCall call = parent.expr().call();
        yield LOGIC.contains(call.function())
            || call.function().equals("_[_]")
            || (call.function().equals("@in") && call.args().getFirst().id() == path.id())
            || (COMPARISONS.contains(call.function())
                && call.args().stream().filter(this::readsVariable).count() == 1);
      }
      default -> false;
    };
  }

  private boolean readsVariable(CelExpr expression) {
    return CelNavigableExpr.fromExpr(expression)
        .allNodes()
        .anyMatch(
            node -> node.getKind() == Kind.IDENT && node.expr().ident().name().equals(variable));
  }

  // One that is too large, or none at all, would never match.
  private void checkPattern(CelNavigableExpr matches) {
    CelExpr pattern = matches.expr().call().args().getLast();
    if (!(Closures.constant(pattern).orElse(null) instanceof String regex)) {
      return;
    }
    int size;
    try {
      size = Pattern.compile(regex).programSize();
    } catch (PatternSyntaxException e) {
      throw Expressions.refuse(
          yaml, ast, pattern.id(), "not a regular expression (RE2): " + e.getDescription());
    }
    if (size > REGEX_PROGRAM_MAX) {
      throw Expressions.refuse(
          yaml,
          ast,
          pattern.id(),
          "the regular expression is too large: its program has "
              + size
              + " steps (allowed: "
              + REGEX_PROGRAM_MAX
              + ")");
    }
  }
}
