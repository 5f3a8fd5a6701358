package dev.attune.core.audience;

import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Yaml;
import dev.cel.bundle.Cel;
import dev.cel.bundle.CelBuilder;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.types.SimpleType;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.Program;
import java.util.function.UnaryOperator;

/** What all expressions have in common: what they may cost, and how their errors name the place. */
final class Expressions {
  private static final int EXPRESSION_LENGTH_MAX = 4_000;
  private static final int DEPTH_MAX = 32;

  private Expressions() {}

  /** To be completed with a variable. */
  static CelBuilder environment() {
    return environment(Cost.LOOPS_MAX * Cost.ELEMENTS_MAX);
  }

  /** The same for expressions that {@link Cost#check} would refuse today. */
  static CelBuilder formerEnvironment() {
    return environment(Cost.FORMER_ITERATIONS_MAX);
  }

  private static CelBuilder environment(int iterationsMax) {
    return CelFactory.plannerCelBuilder()
        .setOptions(
            CelOptions.current()
                .enableHeterogeneousNumericComparisons(true)
                .maxExpressionCodePointSize(EXPRESSION_LENGTH_MAX)
                .maxParseRecursionDepth(DEPTH_MAX)
                .comprehensionMaxIterations(iterationsMax)
                .maxRegexProgramSize(Cost.REGEX_PROGRAM_MAX)
                .build())
        .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
        .setResultType(SimpleType.BOOL);
  }

  /**
   * An expression as it is written.
   *
   * @throws DefinitionException when it is too long
   */
  static String text(Yaml yaml) {
    String text = yaml.text();
    int length = text.codePointCount(0, text.length());
    if (length > EXPRESSION_LENGTH_MAX) {
      throw yaml.error(
          "the expression has " + length + " characters (allowed: " + EXPRESSION_LENGTH_MAX + ")");
    }
    return text;
  }

  /**
   * What was parsed or checked.
   *
   * @param hint what to say after a message
   * @throws DefinitionException for the first error
   */
  static CelAbstractSyntaxTree take(
      Yaml yaml, CelValidationResult result, UnaryOperator<String> hint) {
    try {
      return result.getAst();
    } catch (CelValidationException e) {
      CelIssue issue = result.getErrors().getFirst();
      throw yaml.error(
          at(issue.getSourceLocation().getLine(), issue.getSourceLocation().getColumn() + 1)
              + oneLine(issue.getMessage())
              + hint.apply(issue.getMessage()));
    }
  }

  static Program program(Cel cel, Yaml yaml, CelAbstractSyntaxTree checked) {
    try {
      return cel.createProgram(checked);
    } catch (CelEvaluationException e) {
      throw yaml.error(
          "the expression cannot be evaluated: " + oneLine(String.valueOf(e.getMessage())));
    }
  }

  /** The error of a part of an expression. */
  static DefinitionException refuse(
      Yaml yaml, CelAbstractSyntaxTree ast, long node, String message) {
    int offset = ast.getSource().getPositionsMap().getOrDefault(node, 0);
    return yaml.error(
        ast.getSource()
                .getOffsetLocation(offset)
                .map(location -> at(location.getLine(), location.getColumn() + 1))
                .orElse("")
            + message);
  }

  private static String at(int line, int column) {
    return "at " + line + ":" + column + " of the expression: ";
  }

  // The lists of every overload and of every token that would have fitted are longer than anybody
  // reads.
  private static String oneLine(String message) {
    return message
        .replaceFirst("(?s) (\\(candidates:|expecting \\{).*", "")
        .replaceAll("\\s+", " ")
        .strip();
  }
}
