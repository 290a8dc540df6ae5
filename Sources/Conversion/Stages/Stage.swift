import Digests
import StrictJSON
import Workspace
import SystemPackage

/// A stage: what decides its result, the work, and what follows it.
protocol Stage {
  var name: StageName { get }
  var folder: WorkFolder { get }
  /// The folder that the receipt's outputs are relative to.
  var outputFolder: FilePath { get }
  /// Everything besides files that decides the result.
  func parameters() throws -> JSONValue
  func inputRecords() throws -> [FileRecord]
  /// What it puts out, relative to ``outputFolder``: a receipt that says less, or more, is none.
  var outputPaths: [String] { get }
  /// Where an output is that is not in the output folder any more; nil for any other.
  func place(of output: FileRecord) throws -> FilePath?
  /// Whether the result of an earlier run may be taken: not one that was made of bytes which nobody had read.
  var isReusable: Bool { get }
  /// Makes ready what the work needs of earlier stages.
  func prepare() throws
  /// Does the work and returns what it put out.
  func run() throws -> [FileRecord]
  /// The digest of an output that the receipt does not know by the SHA-256 of its bytes; nil for any other.
  func digest(of output: FileRecord, at path: FilePath) throws -> SHA256Digest?
  /// Removes what only an unfinished stage needs.
  func finish() throws
  /// What follows the stage in every run, whether it was done in this one or before.
  func conclude(_ summary: inout RunSummary) throws
}

extension Stage {
  var outputFolder: FilePath { folder.folder(name) }
  func place(of output: FileRecord) throws -> FilePath? { nil }
  var isReusable: Bool { true }
  func prepare() throws {}
  func finish() throws {}
  func digest(of output: FileRecord, at path: FilePath) throws -> SHA256Digest? { nil }
  func conclude(_ summary: inout RunSummary) throws {}
}
