extension DecodingMethod {
  /// What ``init(name:)`` takes, for people; K is a depth.
  public static let names =
    "vanilla, lookup[-K], mtp[-K], adaptive[-K], dflash[-K], eagle3[-K], hybrid[-table], in-turn, optimistic[-K]"

  /// `vanilla`; or the name of a drafter, by itself or with a depth: `mtp-2`. By themselves, `mtp` and `adaptive` take the
  /// depth that pays, up to 4, and `optimistic` 2. `hybrid-table` goes by a table of costs. Nil for everything else.
  public init?(name: String) {
    let others: [DecodingMethod] = [.hybrid(.table), .inTurn]
    if let other = others.first(where: { $0.name == name }) {
      self = other
      return
    }
    let words = name.split(separator: "-", omittingEmptySubsequences: false)
    guard words.count <= 2, let word = words.first else { return nil }
    let depth = words.count == 2 ? Int(words[1]) : nil
    guard words.count == 1 || depth.map({ "\($0)" == words[1] }) == true else { return nil }
    switch (word, depth) {
    case ("vanilla", nil): self = .vanilla
    case ("lookup", let depth): self = .lookup(depth: depth ?? LookupDrafter.most)
    case ("mtp", let depth?): self = .mtp(depth: depth)
    case ("mtp", nil): self = .adaptive()
    case ("adaptive", let depth): self = .adaptive(maximum: depth ?? 4)
    case ("dflash", let depth): self = .dflash(depth: depth)
    case ("eagle3", let depth): self = .eagle3(depth: depth ?? 5)
    case ("hybrid", nil): self = .hybrid()
    case ("optimistic", let depth): self = .optimistic(depth: depth ?? 2)
    default: return nil
    }
    guard depths?.contains(self.depth) != false else { return nil }
  }

  /// The name as the command line and the reports spell it: ``init(name:)`` takes it back.
  public var name: String {
    switch self {
    case .vanilla: "vanilla"
    case .lookup(LookupDrafter.most): "lookup"
    case .lookup(let depth): "lookup-\(depth)"
    case .mtp(let depth): "mtp-\(depth)"
    case .adaptive(4): "adaptive"
    case .adaptive(let depth): "adaptive-\(depth)"
    case .dflash(nil): "dflash"
    case .dflash(let depth?): "dflash-\(depth)"
    case .eagle3(5): "eagle3"
    case .eagle3(let depth): "eagle3-\(depth)"
    case .hybrid(.clock): "hybrid"
    case .hybrid(.table): "hybrid-table"
    case .inTurn: "in-turn"
    case .optimistic(let depth): "optimistic-\(depth)"
    }
  }
}
