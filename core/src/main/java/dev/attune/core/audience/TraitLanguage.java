package dev.attune.core.audience;

import com.google.common.base.Supplier;
import com.google.common.base.Suppliers;
import com.google.common.collect.ImmutableCollection;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.attune.core.catalog.Catalog;
import dev.attune.core.catalog.TraitType;
import dev.attune.core.definition.Nearest;
import dev.attune.core.definition.Yaml;
import dev.cel.bundle.Cel;
import dev.cel.bundle.CelBuilder;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.ast.CelExpr.ExprKind;
import dev.cel.common.navigation.CelNavigableAst;
import dev.cel.common.navigation.CelNavigableExpr;
import dev.cel.common.types.CelType;
import dev.cel.common.types.CelTypeProvider;
import dev.cel.common.types.ListType;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import dev.cel.common.types.StructType;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;

/** CEL over the traits of one catalog. Thread-safe. */
final class TraitLanguage {
  /** The one variable. */
  static final String VARIABLE = "traits";

  // Building an environment costs milliseconds, and all audiences of a set share one catalog.
  private static final AtomicReference<TraitLanguage> LAST =
      new AtomicReference<>(new TraitLanguage(Catalog.DEFAULT));

  private final Catalog catalog;
  private final Cel cel;
  private final Supplier<Cel> former;

  private TraitLanguage(Catalog catalog) {
    this.catalog = catalog;
    ImmutableMap.Builder<String, CelType> types = ImmutableMap.builder();
    catalog.traits().forEach((name, trait) -> types.put(name, type(trait.type())));
    ImmutableMap<String, CelType> fields = types.buildOrThrow();
    StructType traits =
        StructType.create(
            "attune.Traits", fields.keySet(), name -> Optional.ofNullable(fields.get(name)));
    this.cel = build(Expressions.environment(), traits);
    this.former = Suppliers.memoize(() -> build(Expressions.formerEnvironment(), traits));
  }

  private static Cel build(CelBuilder environment, StructType traits) {
    return environment.setTypeProvider(new OneType(traits)).addVar(VARIABLE, traits).build();
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
    String text = Expressions.text(yaml);
    CelAbstractSyntaxTree parsed = Expressions.take(yaml, cel.parse(text), this::hint);
    Set<String> names = traits(yaml, parsed);
    CelAbstractSyntaxTree checked = Expressions.take(yaml, cel.check(parsed), this::hint);
    Cel runs = Cost.check(yaml, checked, VARIABLE) ? cel : former.get();
    return new TraitExpression(
        text, names, Expressions.program(runs, yaml, checked), checked.getExpr());
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
                    Expressions.refuse(
                        yaml,
                        ast,
                        node.id(),
                        "\"traits\" needs the name of a trait, e.g. traits.plan"));
    if (catalog.trait(name).isEmpty()) {
      throw Expressions.refuse(
          yaml,
          ast,
          node.id(),
          "the catalog declares no trait \""
              + name
              + "\""
              + Nearest.hint(name, catalog.traits().keySet()));
    }
    return name;
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
