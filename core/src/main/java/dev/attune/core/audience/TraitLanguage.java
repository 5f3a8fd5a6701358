package dev.attune.core.audience;

import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.TraitType;
import dev.attune.core.definition.DefinitionException;
import dev.attune.core.definition.Nearest;
import dev.attune.core.definition.Yaml;
import dev.cel.bundle.Cel;
import dev.cel.bundle.CelFactory;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelIssue;
import dev.cel.common.CelOptions;
import dev.cel.common.CelValidationException;
import dev.cel.common.CelValidationResult;
import dev.cel.common.ast.CelExpr.ExprKind;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.navigation.CelNavigableExpr;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;

/** CEL over the traits of one catalog. Thread-safe. */
final class TraitLanguage {
  /** The one variable. */
  static final String VARIABLE = "traits";

  private static final int EXPRESSION_LENGTH_MAX = 4_000;
  private static final int DEPTH_MAX = 32;
  private static final int ITERATIONS_MAX = 1_000;
  private static final int REGEX_PROGRAM_MAX = 1_000;

  // Building an environment costs milliseconds, and all audiences of a set share one catalog.
  private static final AtomicReference<TraitLanguage> LAST =
      new AtomicReference<>(new TraitLanguage(Catalog.DEFAULT));

  private final Catalog catalog;
  private final Cel cel;

  private TraitLanguage(Catalog catalog) {
    this.catalog = catalog;
    ImmutableMap.Builder<String, CelType> types = ImmutableMap.builder();
    catalog.traits().forEach((name, trait) -> types.put(name, type(trait.type())));
    ImmutableMap<String, CelType> fields = types.buildOrThrow();
    StructType traits =
        StructType.create(
            "attune.Traits", fields.keySet(), name -> Optional.ofNullable(fields.get(name)));
    this.cel =
        CelFactory.plannerCelBuilder()
            .setOptions(
                CelOptions.current()
                    .enableHeterogeneousNumericComparisons(true)
                    .maxExpressionCodePointSize(EXPRESSION_LENGTH_MAX)
                    .maxParseRecursionDepth(DEPTH_MAX)
                    .comprehensionMaxIterations(ITERATIONS_MAX)
                    .maxRegexProgramSize(REGEX_PROGRAM_MAX)
                    .build())
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .setTypeProvider(new OneType(traits))
            .addVar(VARIABLE, traits)
            .setResultType(SimpleType.BOOL)
            .build();
  }

  static TraitLanguage of(Catalog catalog) {
    TraitLanguage last = LAST.get();
    if (last.catalog.equals(catalog)) {
      return last;
    }
    TraitLanguage language = new TraitLanguage(catalog);
    LAST.set(language);
    return language;
  }

  /** Checks and compiles an expression. */
  TraitExpression compile(Yaml yaml) {
    String text = yaml.text();
    CelAbstractSyntaxTree parsed = take(yaml, cel.parse(text));
    Set<String> names = traits(yaml, parsed);
    CelAbstractSyntaxTree checked = take(yaml, cel.check(parsed));
    try {
      return new TraitExpression(text, names, cel.createProgram(checked));
    } catch (CelEvaluationException e) {
      throw yaml.error(
          "the expression cannot be evaluated: " + oneLine(String.valueOf(e.getMessage())));
    }
  }

  private CelAbstractSyntaxTree take(Yaml yaml, CelValidationResult result) {
    try {
      return result.getAst();
    } catch (CelValidationException e) {
      CelIssue issue = result.getErrors().getFirst();
      throw yaml.error(
          at(issue.getSourceLocation().getLine(), issue.getSourceLocation().getColumn() + 1)
              + oneLine(issue.getMessage())
              + hint(issue.getMessage()));
    }
  }

  // What an expression reads must be known for the index, so `traits` is only ever followed by a
  // name.
  private Set<String> traits(Yaml yaml, CelAbstractSyntaxTree ast) {
    Set<String> names = new TreeSet<>();
    CelNavigableAst.fromAst(ast)
        .getRoot()
        .allNodes()
        .filter(
            node ->
                node.getKind() == ExprKind.Kind.IDENT
                    && node.expr().ident().name().equals(VARIABLE))
        .forEach(node -> names.add(traitOf(yaml, ast, node)));
    return names;
  }

  private String traitOf(Yaml yaml, CelAbstractSyntaxTree ast, CelNavigableExpr node) {
    String name =
        node.parent()
            .filter(parent -> parent.getKind() == ExprKind.Kind.SELECT)
            .map(parent -> parent.expr().select().field())
            .orElseThrow(
                () ->
                    refuse(
                        yaml, ast, node, "\"traits\" needs the name of a trait, e.g. traits.plan"));
    if (catalog.trait(name).isEmpty()) {
      throw refuse(
          yaml,
          ast,
          node,
          "the catalog declares no trait \""
              + name
              + "\""
              + Nearest.hint(name, catalog.traits().keySet()));
    }
    return name;
  }

  private static DefinitionException refuse(
      Yaml yaml, CelAbstractSyntaxTree ast, CelNavigableExpr node, String message) {
    int offset = ast.getSource().getPositionsMap().getOrDefault(node.id(), 0);
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

  private String hint(String message) {
    if (message.contains("undeclared reference to '")) {
      int from = message.indexOf('\'') + 1;
      String name = message.substring(from, message.indexOf('\'', from));
      return catalog.trait(name).isPresent() ? " (write traits." + name + ")" : "";
    }
    if (message.contains("(double, int)") || message.contains("(int, double)")) {
      return " (write a number trait's counterpart with a point, e.g. 100.0)";
    }
    return "";
  }

  // The list of every overload that would have fitted is longer than anybody reads.
  private static String oneLine(String message) {
    int candidates = message.indexOf(" (candidates:");
    String shown = candidates < 0 ? message : message.substring(0, candidates);
    return shown.replaceAll("\\s+", " ").strip();
  }

  private static CelType type(TraitType type) {
    return switch (type) {
      case STRING -> SimpleType.STRING;
      case INTEGER -> SimpleType.INT;
      case NUMBER -> SimpleType.DOUBLE;
      case BOOLEAN -> SimpleType.BOOL;
      case TIMESTAMP, DATE -> SimpleType.TIMESTAMP;
      case LIST -> ListType.create(SimpleType.DYN);
      case OBJECT -> MapType.create(SimpleType.STRING, SimpleType.DYN);
    };
  }

  /** Knows the type of {@link #VARIABLE}. */
  private record OneType(CelType type) implements CelTypeProvider {
    @Override
    public ImmutableCollection<CelType> types() {
      return ImmutableList.of(type);
    }

    @Override
    public Optional<CelType> findType(String name) {
      return name.equals(type.name()) ? Optional.of(type) : Optional.empty();
    }
  }
}
