/// What a terminal shows at once.
struct TerminalSize: Equatable {
  let columnCount: Int
  let rowCount: Int
}

/// Some rows of a terminal, counted from the end of what was written.
struct TerminalRows: Equatable {
  /// How far above the end they begin: 1 is the last row.
  let distance: Int

  /// How many they are.
  let rowCount: Int
}
