import Digests

/// What a look at a receipt and the files it names says.
public enum Validity: Sendable, Equatable {
  /// The stage is done, with these parameters and inputs, and its outputs are as they were.
  case valid
  /// There is no receipt.
  case absent
  /// The receipt is of another version, tool, parameters or inputs.
  case otherKey
  /// A file is not there.
  case outputMissing(String)
  /// A file differs from the receipt.
  case outputDamaged(String)
}

extension StageReceipt {
  /// Whether the stage need not run. The outputs are looked at in the order of their paths, up to the first bad one.
  public func validity(
    in folder: String, digests: DigestCache, wantedKey: SHA256Digest
  ) throws(WorkspaceError) -> Validity {
    guard key == wantedKey else { return .otherKey }
    do throws(WorkspaceError) {
      try checkOutputs(in: folder, digests: digests)
      return .valid
    } catch {
      switch error {
      case .outputMismatch(let path, _, "nothing"): return .outputMissing(path)
      case .outputMismatch(let path, _, _): return .outputDamaged(path)
      default: throw error
      }
    }
  }

  /// Throws `E_OUTPUT_MISMATCH` for the first output that is not as the receipt says.
  public func checkOutputs(in folder: String, digests: DigestCache) throws(WorkspaceError) {
    for output in outputs {
      let path = joinPath(folder, output.path)
      let expected = "\(output.bytes) bytes, sha256 \(output.sha256.hex)"
      guard let status = try linkStatus(path) else {
        throw .outputMismatch(path: output.path, expected: expected, found: "nothing")
      }
      guard status.isRegularFile else {
        throw .outputMismatch(path: output.path, expected: expected, found: "not a regular file")
      }
      // A wrong size needs no reading.
      guard Int(status.st_size) == output.bytes else {
        throw .outputMismatch(path: output.path, expected: expected, found: "\(status.st_size) bytes")
      }
      let found = try digests.digest(ofFileAt: path)
      guard found.digest == output.sha256, found.bytes == output.bytes else {
        let text = "\(found.bytes) bytes, sha256 \(found.digest.hex)"
        throw .outputMismatch(path: output.path, expected: expected, found: text)
      }
    }
  }
}
