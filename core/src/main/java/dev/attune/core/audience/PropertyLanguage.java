package dev.attune.core.audience;

import dev.attune.core.definition.Yaml;
import dev.cel.bundle.Cel;
import dev.cel.bundle.CelBuilder;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;
import java.util.regex.Pattern;

/** CEL over the properties of an event, of which nobody says the types. Thread-safe. */
final class PropertyLanguage {
  /** The one variable. */
  static final String VARIABLE = "properties";

  private static final Cel CEL = build(Expressions.environment());
  private static final Cel FORMER = build(Expressions.formerEnvironment());

  private PropertyLanguage() {}

  private static Cel build(CelBuilder environment) {
    return environment.addVar(VARIABLE, MapType.create(SimpleType.STRING, SimpleType.DYN)).build();
  }

  /** Checks and compiles an expression. */
  static PropertyExpression compile(Yaml yaml) {
    String text = Expressions.text(yaml);
    CelAbstractSyntaxTree checked =
        Expressions.take(yaml, CEL.compile(text), message -> hint(text, message));
    Cel runs = Cost.check(yaml, checked, VARIABLE) ? CEL : FORMER;
    return new PropertyExpression(
        text, Expressions.program(runs, yaml, checked), checked.getExpr());
  }

  private static String hint(String text, String message) {
    if (!message.contains("undeclared reference to '")) {
      return "";
    }
    int from = message.indexOf('\'') + 1;
    String name = message.substring(from, message.indexOf('\'', from));
    if (Pattern.compile("\\b" + Pattern.quote(name) + "\\s*\\(").matcher(text).find()) {
      return " (CEL has no such function)";
    }
    return name.equals(TraitLanguage.VARIABLE)
        ? " (traits are a condition of their own: all: [{event: ...}, {trait: ...}])"
        : " (write properties." + name + ")";
  }
}
