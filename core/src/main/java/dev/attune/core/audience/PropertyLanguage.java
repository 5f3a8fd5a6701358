package dev.attune.core.audience;

import dev.attune.core.definition.Yaml;
import dev.cel.bundle.Cel;
import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.types.MapType;
import dev.cel.common.types.SimpleType;

/** CEL over the properties of an event, of which nobody says the types. Thread-safe. */
final class PropertyLanguage {
  /** The one variable. */
  static final String VARIABLE = "properties";

  private static final Cel CEL =
      Expressions.environment()
          .addVar(VARIABLE, MapType.create(SimpleType.STRING, SimpleType.DYN))
          .build();

  private PropertyLanguage() {}

  /** Checks and compiles an expression. */
  static PropertyExpression compile(Yaml yaml) {
    String text = yaml.text();
    CelAbstractSyntaxTree checked =
        Expressions.take(yaml, CEL.compile(text), PropertyLanguage::hint);
    return new PropertyExpression(text, Expressions.program(CEL, yaml, checked));
  }

  private static String hint(String message) {
    if (!message.contains("undeclared reference to '")) {
      return "";
    }
    int from = message.indexOf('\'') + 1;
    String name = message.substring(from, message.indexOf('\'', from));
    return name.equals(TraitLanguage.VARIABLE)
        ? " (traits are a condition of their own: all: [{event: ...}, {trait: ...}])"
        : " (write properties." + name + ")";
  }
}
