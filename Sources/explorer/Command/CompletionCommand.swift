import ArgumentParser

/// `explorer completion`: what makes a shell complete words.
struct CompletionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completion",
    _superCommandName: "explorer",
    abstract: "Prints a script by which a shell completes this program's words.",
    discussion: """
      For example:

        source <(explorer completion bash)
        explorer completion zsh > "${fpath[1]}/_explorer"
        explorer completion fish > ~/.config/fish/completions/explorer.fish
      """
  )

  enum Shell: String, ExpressibleByArgument, CaseIterable {
    case bash, zsh, fish

    var shell: CompletionShell {
      switch self {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    }
  }

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  mutating func run() throws {
    var output = StandardOutput()
    output.write(Explorer.completionScript(for: shell.shell) + "\n")
  }
}
