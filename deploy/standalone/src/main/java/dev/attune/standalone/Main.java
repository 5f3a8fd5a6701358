package dev.attune.standalone;

import dev.attune.core.definition.Nearest;
import dev.attune.standalone.client.ApplyCommand;
import dev.attune.standalone.client.AudiencesCommand;
import dev.attune.standalone.client.DeadLettersCommand;
import dev.attune.standalone.client.IdentityCommand;
import dev.attune.standalone.client.LookupCommand;
import dev.attune.standalone.client.PlanCommand;
import dev.attune.standalone.client.RefreshCommand;
import dev.attune.standalone.client.RunsCommand;
import dev.attune.standalone.client.StatusCommand;
import dev.attune.standalone.client.StoreCommand;
import dev.attune.standalone.client.WebhookReplayCommands;
import dev.attune.standalone.client.WebhookTestCommand;
import dev.attune.standalone.client.WebhooksCommand;
import dev.attune.standalone.dbt.ModelsCommand;
import dev.attune.standalone.demo.DemoCommand;
import dev.attune.standalone.receive.ListenCommand;
import dev.attune.standalone.receive.VerifyCommand;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import dev.attune.standalone.up.UpCommand;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The commands behind {@code ./attune}; the launcher prints their overview. */
@Command(name = "./attune", mixinStandardHelpOptions = true)
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    System.exit(commands(Terminal.system()).execute(arguments));
  }

  /** All commands; exit codes: 0 done, 1 could not be done, 2 not understood. */
  public static CommandLine commands(Terminal terminal) {
    CommandLine commands =
        new CommandLine(new Main())
            .addSubcommand(new UpCommand(terminal))
            .addSubcommand(new DemoCommand(terminal))
            .addSubcommand(new ApplyCommand(terminal))
            .addSubcommand(new ModelsCommand(terminal))
            .addSubcommand(new RefreshCommand(terminal))
            .addSubcommand(new RunsCommand(terminal))
            .addSubcommand(new LookupCommand(terminal))
            .addSubcommand(new IdentityCommand(terminal))
            .addSubcommand(new AudiencesCommand(terminal))
            .addSubcommand(webhooks(terminal))
            .addSubcommand(new PlanCommand(terminal))
            .addSubcommand(new StatusCommand(terminal))
            .addSubcommand(new DeadLettersCommand(terminal))
            .addSubcommand(new StoreCommand(terminal));
    commands
        .getSubcommands()
        .values()
        .forEach(
            command ->
                command.getCommandSpec().mixinStandardHelpOptions(true).version(Version.TEXT));
    commands.setParameterExceptionHandler(
        (exception, _) -> {
          terminal.note("attune: " + sentence(exception));
          terminal.note(
              "Try " + exception.getCommandLine().getCommandSpec().qualifiedName() + " --help.");
          return CommandLine.ExitCode.USAGE;
        });
    explain(commands, terminal);
    return commands;
  }

  /** Has complaints of commands told in one sentence. */
  public static void explain(CommandLine commands, Terminal terminal) {
    commands.setExecutionExceptionHandler(
        (exception, _, _) -> {
          if (exception instanceof Complaint complaint) {
            terminal.note("attune: " + complaint.sentence());
            return CommandLine.ExitCode.SOFTWARE;
          }
          throw exception;
        });
  }

  private static CommandLine webhooks(Terminal terminal) {
    CommandLine webhooks =
        new CommandLine(new WebhooksCommand(terminal))
            .addSubcommand(new WebhookTestCommand(terminal))
            .addSubcommand(new ListenCommand(terminal, System.getenv()))
            .addSubcommand(new VerifyCommand(terminal, System.getenv(), System.in));
    return WebhookReplayCommands.addTo(webhooks, terminal);
  }

  private static String sentence(ParameterException exception) {
    CommandLine command = exception.getCommandLine();
    Set<String> allowed = new TreeSet<>(command.getSubcommands().keySet());
    if (allowed.isEmpty()
        || !(exception instanceof UnmatchedArgumentException unmatched)
        || unmatched.isUnknownOption()) {
      return String.valueOf(exception.getMessage());
    }
    String word = unmatched.getUnmatched().getFirst();
    return "%s has no \"%s\"%s (allowed: %s)."
        .formatted(
            command.getCommandName(),
            word,
            Nearest.hint(word, allowed),
            String.join(", ", allowed));
  }
}
