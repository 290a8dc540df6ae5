import Digests
import SystemPackage
import Foundation
import Planning
import Streaming
import Threads

/// The demo's trunk, planned to be streamed into a folder that is removed afterwards.
struct StreamFixture {
  let folder: String
  let plan: Plan
  private let resolution: Resolution
  private let work: WorkList
  private let spans: WeightSpans

  static let root: String = {
    // The file may be reached through a link: tools/fuzz.
    var url = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url.path
  }()

  /// - Parameter shardLimit: bytes of a weight file.
  init(shardLimit: Int = 2 << 20) throws {
    folder = FileManager.default.temporaryDirectory.path + "/cambium-streaming-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder + "/out", withIntermediateDirectories: true)
    let manifest = """
      {"cambium": 1, "source": "\(Self.root)/manifests/demo/trunk", "head": "none", "pipeline": "mxfp4", "output": "package"}
      """
    try Data(manifest.utf8).write(to: URL(fileURLWithPath: folder + "/m.json"))
    resolution = try Resolution(
      manifest: FilePath(folder + "/m.json"), pipelineFolders: [FilePath(Self.root + "/pipelines")])
    plan = try Planner(resolution, shardLimit: shardLimit).plan()
    work = try WorkList(InputFile.all(resolution), plan, headIsDonors: false)
    spans = WeightSpans(work, plan)
  }

  func remove() { try? FileManager.default.removeItem(atPath: folder) }

  /// Streams; answers the bytes that were resumed, the bytes that went by, and how many bytes were announced.
  @discardableResult
  func stream(threads: Int, memory: Int = 64 << 20, beforePublishing: () throws -> Void = {}) throws -> Seen {
    let seen = Guarded(Seen())
    let stream = WeightStream(
      plan, work, spans, from: SourceFolders(resolution), to: FilePath(folder + "/out"), threads: threads,
      memory: memory)
    let progress = StreamProgress(
      began: { bytes in seen.withLock { $0.announced = bytes } },
      advanced: { bytes, item in
        seen.withLock { seen in
          seen.bytes += bytes
          if item == "resumed" { seen.resumed += bytes }
        }
      })
    let list = try stream.run(
      key: SHA256Digest.of([1, 2, 3]), progress, beforePublishing: beforePublishing)
    return seen.withLock { seen in
      seen.isComplete = list != nil
      return seen
    }
  }

  /// Digests of the weight files, by name.
  func digests() throws -> [String: SHA256Digest] {
    try Dictionary(
      uniqueKeysWithValues: plan.weights.map { file in
        let bytes = try Data(contentsOf: URL(fileURLWithPath: folder + "/out/" + file.path))
        return (file.path, SHA256Digest.of(Array(bytes)))
      })
  }

  struct Seen: Sendable {
    var announced = 0
    var bytes = 0
    var resumed = 0
    var isComplete = false
  }
}

/// Calls `body` with a fixture, which is removed afterwards.
func withStream(_ body: (StreamFixture) throws -> Void) throws {
  let fixture = try StreamFixture()
  defer { fixture.remove() }
  try body(fixture)
}
