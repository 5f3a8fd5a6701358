package dev.attune.load;

import dev.attune.load.audience.AudienceCommand;
import dev.attune.load.chaos.ChaosCommand;
import dev.attune.load.faults.FaultsCommand;
import dev.attune.load.gatling.HttpCommand;
import dev.attune.load.lookup.LookupCommand;
import dev.attune.load.pipeline.PipelineCommand;
import dev.attune.load.refresh.RefreshCommand;
import dev.attune.load.webhook.WebhookCommand;
import dev.attune.standalone.terminal.Complaint;
import dev.attune.standalone.terminal.Terminal;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/**
 * {@code ./attune bench NAME}: a table on the terminal and {@code target/bench/NAME.json}. Exit
 * codes: 0 every figure holds, 1 one does not or could not be measured, 2 not understood.
 */
@Command(
    name = "./attune bench",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "NAME",
    commandListHeading = "%nBenchmarks:%n",
    description =
        "Measures real processes on this machine, on loopback, and verifies every answer.")
public final class Bench implements Runnable {
  private final Terminal terminal;
  @CommandLine.Spec private CommandLine.Model.CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the spec.
  private Bench(Terminal terminal) {
    this.terminal = terminal;
  }

  public static void main(String[] arguments) {
    // The receiver's answers are small: none of them may wait for an acknowledgement.
    System.setProperty("sun.net.httpserver.nodelay", "true");
    Terminal terminal = Terminal.system();
    System.exit(commands(terminal).execute(arguments));
  }

  static CommandLine commands(Terminal terminal) {
    CommandLine commands = new CommandLine(new Bench(terminal));
    commands.addSubcommand(new PipelineCommand(terminal));
    commands.addSubcommand(new LookupCommand(terminal));
    commands.addSubcommand(new HttpCommand(terminal));
    commands.addSubcommand(new RefreshCommand(terminal));
    commands.addSubcommand(new FaultsCommand(terminal));
    commands.addSubcommand(new AudienceCommand(terminal));
    commands.addSubcommand(new WebhookCommand(terminal));
    commands.addSubcommand(new ChaosCommand(terminal));
    commands.setCaseInsensitiveEnumValuesAllowed(true);
    commands.setExecutionExceptionHandler(
        (exception, _, _) -> {
          if (exception instanceof Complaint complaint) {
            terminal.note("attune: " + complaint.sentence());
            return CommandLine.ExitCode.SOFTWARE;
          }
          throw exception;
        });
    return commands;
  }

  /** Without a name: which there are. */
  @Override
  public void run() {
    terminal.result(spec.commandLine().getUsageMessage().stripTrailing());
  }
}
