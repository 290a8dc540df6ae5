import Digests
import Files
import SystemPackage

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
  /// How the digest of an output is found; nil for one that is recorded by the SHA-256 of its bytes.
  public typealias OutputDigest = (_ output: FileRecord, _ path: FilePath) throws -> SHA256Digest?
  /// Where an output is, if not in the stage's folder.
  public typealias OutputPath = (_ output: FileRecord) throws -> FilePath?

  /// Whether the stage need not run. The outputs are looked at in the order of their paths, up to the first bad one.
  public func validity(
    in folder: FilePath, digests: DigestCache, wantedKey: SHA256Digest, digest: OutputDigest? = nil,
    elsewhere: OutputPath? = nil
  ) throws -> Validity {
    guard key == wantedKey else { return .otherKey }
    do {
      try checkOutputs(in: folder, digests: digests, digest: digest, elsewhere: elsewhere)
      return .valid
    } catch {
      guard case WorkspaceError.outputMismatch(let path, _, let found) = error else { throw error }
      return found == "nothing" ? .outputMissing(path) : .outputDamaged(path)
    }
  }

  /// Throws `E_OUTPUT_MISMATCH` for the first output that is not as the receipt says.
  public func checkOutputs(
    in folder: FilePath, digests: DigestCache, digest: OutputDigest? = nil, elsewhere: OutputPath? = nil
  ) throws {
    for output in outputs {
      let path = try elsewhere?(output) ?? folder.appending(output.path)
      let expected = "\(output.bytes) bytes, sha256 \(output.sha256.hex)"
      guard let status = try linkStatus(path) else {
        throw WorkspaceError.outputMismatch(path: output.path, expected: expected, found: "nothing")
      }
      guard status.isRegularFile else {
        throw WorkspaceError.outputMismatch(path: output.path, expected: expected, found: "not a regular file")
      }
      // A wrong size needs no reading.
      guard Int(status.st_size) == output.bytes else {
        throw WorkspaceError.outputMismatch(path: output.path, expected: expected, found: "\(status.st_size) bytes")
      }
      let found = try digest?(output, path) ?? digests.digest(ofFileAt: path).digest
      guard found == output.sha256 else {
        let text = "\(status.st_size) bytes, sha256 \(found.hex)"
        throw WorkspaceError.outputMismatch(path: output.path, expected: expected, found: text)
      }
    }
  }
}
