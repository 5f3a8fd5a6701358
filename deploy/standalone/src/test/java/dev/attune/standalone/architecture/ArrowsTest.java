package dev.attune.standalone.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.ArchRuleDefinition;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;

/** The arrows between modules point one way. */
@AnalyzeClasses(packages = "dev.attune", importOptions = ImportOption.DoNotIncludeTests.class)
class ArrowsTest {
  private static final String[] SERVICES = {
    "dev.attune.profiles..",
    "dev.attune.refresher..",
    "dev.attune.evaluator..",
    "dev.attune.dispatcher.."
  };

  @ArchTest
  static final ArchRule servicesNeverImportEachOther =
      SlicesRuleDefinition.slices()
          .matching("dev.attune.(profiles|refresher|evaluator|dispatcher)..")
          .should()
          .notDependOnEachOther();

  @ArchTest
  static final ArchRule coreKnowsTheContractAndItsLanguages =
      ArchRuleDefinition.classes()
          .that()
          .resideInAPackage("dev.attune.core..")
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage(
                  "java..",
                  "org.jspecify..",
                  "dev.attune.core..",
                  "dev.attune.proto..",
                  "com.google.protobuf..",
                  "com.google.errorprone.annotations..",
                  "org.snakeyaml.engine..",
                  "dev.cel..",
                  // CEL's regular expressions, which say how large they are.
                  "com.google.re2j..",
                  "com.networknt.schema..",
                  "tools.jackson..",
                  // Collections in the CEL compiler's own signatures.
                  "com.google.common.."));

  @ArchTest
  static final ArchRule platformStoreAndEmbeddedKnowNoService =
      noClasses()
          .that()
          .resideInAnyPackage(
              "dev.attune.platform..", "dev.attune.store..", "dev.attune.embedded..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(SERVICES);

  @ArchTest
  static final ArchRule onlyTheStandaloneNamesAdapters =
      noClasses()
          .that(
              DescribedPredicate.not(
                  resideInAnyPackage(
                      "dev.attune.standalone..",
                      "dev.attune.load..",
                      "dev.attune.store..",
                      "dev.attune.embedded..",
                      "dev.attune.testkit..")))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.attune.store..", "dev.attune.embedded..");

  @ArchTest
  static final ArchRule nothingImportsTheStandalone =
      noClasses()
          .that(
              DescribedPredicate.not(
                  resideInAnyPackage("dev.attune.standalone..", "dev.attune.load..")))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.attune.standalone..");
}
