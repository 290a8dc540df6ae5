/// Process exit statuses of both executables (sysexits numbering where it has one).
public enum ExitStatus: Int32, Sendable, CaseIterable {
  /// Everything asked for was done.
  case ok = 0
  /// A failure that no other status describes; for `diff`: the two sides differ.
  case failure = 1
  /// The work is done, and verification says no.
  case verificationFailed = 2
  /// The command line is wrong.
  case usage = 64
  /// An input file or manifest is wrong.
  case badInput = 65
  /// An input is not there.
  case missingInput = 66
  /// Reading or writing failed.
  case io = 74
  /// Stopped, or another run holds the work folder: the same command continues later.
  case resumable = 75
  /// Interrupted before anything could be kept.
  case interrupted = 130
}

/// What a person, or a program, is told about one failure.
public struct Diagnostic: Sendable, Equatable {
  /// Stable name, `E_…`; never reused for another meaning.
  public var code: String
  /// One sentence: what is wrong.
  public var summary: String
  /// Path of the file concerned, followed by `:line:column` where there is one.
  public var file: String?
  /// Name of the tensor concerned.
  public var tensor: String?
  /// What should have been there.
  public var expected: String?
  /// What is there.
  public var found: String?
  /// What to do next.
  public var next: String?
  /// The exit status of a process that ends with this failure.
  public var exitStatus: ExitStatus
  /// Whether it is a fault of ours, which no input should cause.
  public private(set) var isFault = false

  /// - Parameters:
  ///   - code: Stable name, `E_…`.
  ///   - summary: One sentence: what is wrong.
  ///   - file: The file concerned, as its message names it.
  ///   - tensor: The tensor concerned.
  ///   - expected: What should have been there.
  ///   - found: What is there.
  ///   - next: What to do next.
  ///   - exitStatus: The exit status of a process that ends with this failure.
  public init(
    _ code: String, _ summary: String, file: String? = nil, tensor: String? = nil, expected: String? = nil,
    found: String? = nil, next: String? = nil, exit exitStatus: ExitStatus
  ) {
    self.code = code
    self.summary = summary
    self.file = file
    self.tensor = tensor
    self.expected = expected
    self.found = found
    self.next = next
    self.exitStatus = exitStatus
  }

  /// A fault of ours: no input should cause it, and the user is asked to report it.
  public static func fault(
    _ code: String, _ summary: String, file: String? = nil, tensor: String? = nil, expected: String? = nil,
    found: String? = nil, exit exitStatus: ExitStatus = .failure
  ) -> Diagnostic {
    var diagnostic = Diagnostic(
      code, summary, file: file, tensor: tensor, expected: expected, found: found,
      next: "this is a fault in cambium, or in the machine, and not in your input: run the same command again; if it "
        + "stays, please report it with this message and the manifest", exit: exitStatus)
    diagnostic.isFault = true
    return diagnostic
  }

  /// The same failure, with the file in which it was met.
  public func at(_ file: String?) -> Diagnostic {
    var diagnostic = self
    diagnostic.file = file
    return diagnostic
  }

  /// The parts that are set, in the order in which they are printed.
  public var parts: [(label: String, text: String)] {
    [("file", file), ("tensor", tensor), ("expected", expected), ("found", found), ("next", next)]
      .compactMap { label, text in text.map { (label, $0) } }
  }

  /// The text for a terminal: a first line `error: CODE: summary` (`fault:` for one of ours), then one indented line a part.
  /// Control characters, which a hostile name may carry, are escaped.
  public var text: String {
    var lines = ["\(isFault ? "fault" : "error"): \(code): \(summary.escapingControls)"]
    for part in parts {
      let label = (part.label + ":").padding(to: 10)
      lines.append("  \(label)\(part.text.escapingControls)")
    }
    return lines.joined(separator: "\n")
  }
}

/// An error that a user can cause. Each area has one enum that conforms.
public protocol CambiumError: Error, Sendable, CustomStringConvertible {
  var diagnostic: Diagnostic { get }
}

extension CambiumError {
  public var description: String { diagnostic.text }
}

extension String {
  /// Characters that a terminal obeys instead of showing them as `\u{…}`, so that a name from a file can neither steer it
  /// nor look like another one: controls, and the format characters that turn the direction of a text or hide in it.
  public var escapingControls: String { escapingControls(but: "") }

  /// The same as ``escapingControls``, except for those that are the text's own, such as its line ends.
  public func escapingControls(but allowed: String) -> String {
    func steers(_ scalar: Unicode.Scalar) -> Bool {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: !allowed.unicodeScalars.contains(scalar)
      default: false
      }
    }
    guard !utf8.allSatisfy({ (0x20...0x7E).contains($0) }), unicodeScalars.contains(where: steers) else { return self }
    var out = ""
    for scalar in unicodeScalars {
      if steers(scalar) {
        out += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  func padding(to width: Int) -> String {
    count >= width ? self : self + String(repeating: " ", count: width - count)
  }
}

extension Diagnostic {
  /// An error in one sentence: code, summary, tensor, and what was found. Of an error that is none of ours, what it says
  /// of itself.
  package static func words(_ error: any Error) -> String {
    guard let error = error as? any CambiumError else { return "\(error)" }
    let diagnostic = error.diagnostic
    let place = [diagnostic.tensor, diagnostic.found.map { "found \($0)" }].compactMap { $0 }.joined(separator: ", ")
    return "\(diagnostic.code): \(diagnostic.summary)" + (place.isEmpty ? "" : " (\(place))")
  }
}
