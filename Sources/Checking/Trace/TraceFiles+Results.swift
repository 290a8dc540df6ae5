import Files
import SystemPackage

extension TraceFiles {
  /// The two files of a trace, the tensors first.
  public static func results(_ prefix: String, force: Bool = false, inputs: [FilePath] = []) -> [ResultFile] {
    [
      ResultFile(FilePath(prefix + ".safetensors"), tensorsKind, force: force, inputs: inputs),
      ResultFile(FilePath(prefix + ".json"), countableKind, force: force, inputs: inputs),
    ]
  }

  /// Writes both files beside each other.
  /// - Throws: `StorageError`, `SafetensorsError`.
  @discardableResult
  public func write(prefix: String) throws -> [FilePath] { try write(TraceFiles.results(prefix)) }

  /// Known by tensors that no checkpoint has, early in the header.
  private static let tensorsKind = ResultFile.Kind("the tensors of a trace") { beginning in
    let text = String(decoding: beginning.dropFirst(8), as: UTF8.self)
    return text.hasPrefix("{")
      && ["\"hidden_final\"", "\"greedy_logits\"", "\"logits\""].contains { text.contains($0) }
  }

  private static let countableKind = ResultFile.Kind("a trace") { beginning in
    String(decoding: beginning.prefix(64), as: UTF8.self).contains("\"verify_runner_trace\"")
  }
}
