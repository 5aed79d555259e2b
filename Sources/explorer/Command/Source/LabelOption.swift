import ArgumentParser
import Explore

/// The option that says which objects are meant by their labels.
struct LabelOption: ParsableArguments {
  @Option(
    name: [.customShort("l"), .long],
    help: ArgumentHelp(
      "Only objects with these labels: app=web,tier!=db,env in (a,b),!canary.",
      valueName: "labels"
    ),
    transform: { try LabelSelector($0) }
  )
  var selector: LabelSelector?
}
