import Checkpoint
import Digests
import Foundation
import Planning
import SystemPackage

/// How a run is done; nothing here changes a byte of the package, but `builder` and `leavesCheckOut` when they are set.
public struct RunOptions: Sendable {
  /// Threads that convert.
  public var threads: Int
  /// Bytes of buffers.
  public var memory: Int
  /// The work folder; nil for `OUTPUT.work`.
  public var work: FilePath?
  /// The package's folder; nil for the manifest's.
  public var output: FilePath?
  /// The source's folder, when not where the manifest says; its bytes must be the same.
  public var source: FilePath?
  /// The donor's folder.
  public var donor: FilePath?
  /// Folders in which pipelines are looked up by name, in this order.
  public var pipelineFolders: [FilePath]
  /// Whether what was resolved must be what the lock file pins.
  public var locked: Bool
  /// Whether the lock file is written and compared.
  public var pins = true
  /// The last stage that is done.
  public var until: StageName
  /// Whether a package that is not as it was published, or another's, may be replaced.
  public var replaces = false
  /// Whether decoding is not checked, whatever manifest and pipeline say; the package then says so.
  public var leavesCheckOut = false
  /// The command that continues this run, for messages.
  public var resumeCommand: String
  /// Bytes of tensors in one shard; other than the default only in tests.
  public var shardLimit: Int
  /// SHA-256 of the program, to be named in `provenance.json`; it differs by platform, so that a package with it is the
  /// same only where the program is.
  public var builder: SHA256Digest?
  /// Opens a model that the manifest wants read on the hub; nil for a program that does not use the network.
  package var opener: ModelOpener?
  /// The package, or the head's folder beside it.
  public var target = PackageTarget.package

  /// Options of a run to its end; what is not named here is set afterwards.
  public init(
    threads: Int = ProcessInfo.processInfo.activeProcessorCount, memory: Int = 256 << 20, work: FilePath? = nil,
    output: FilePath? = nil, pipelineFolders: [FilePath], locked: Bool = false, until: StageName = .package,
    resumeCommand: String = "the same command", shardLimit: Int = 5 << 30
  ) {
    self.threads = threads
    self.memory = memory
    self.work = work
    self.output = output
    self.pipelineFolders = pipelineFolders
    self.locked = locked
    self.until = until
    self.resumeCommand = resumeCommand
    self.shardLimit = shardLimit
  }
}
