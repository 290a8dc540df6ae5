import Conversion
import Files
import Foundation
import Logging
import StrictJSON
import Threads
import SystemPackage

/// Writes log messages as JSON lines into a file. The only place where a run writes the time.
struct JSONLinesHandler: LogHandler {
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .info
  private let file: LogFile

  init(path: FilePath) { file = LogFile(path: path) }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var members: [(String, JSONValue)] = [
      ("time", .string(Date().ISO8601Format())), ("level", .string(event.level.rawValue)),
      ("message", .string(event.message.description)),
    ]
    let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
    members += all.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value.description)) }
    file.append(JSONWriter.canonical(.object(members)) + [UInt8(ascii: "\n")])
  }
}

/// An append-only file, opened at the first line. A log that cannot be written never stops a conversion.
private final class LogFile: Sendable {
  private let path: FilePath
  private let descriptor = Guarded<Int32>(-1)

  init(path: FilePath) { self.path = path }

  func append(_ line: [UInt8]) {
    descriptor.withLock { descriptor in
      if descriptor < 0 { descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o644) }
      guard descriptor >= 0 else { return }
      _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
  }

  deinit {
    descriptor.withLock { descriptor in
      if descriptor >= 0 { close(descriptor) }
    }
  }
}

/// Passes everything on to another observer, and logs stages and notes in `run.log` of the work folder.
struct LoggingObserver: RunObserver {
  private let next: any RunObserver
  private let logger: Logger

  init(_ next: any RunObserver, work: FilePath) {
    self.next = next
    logger = Logger(label: "cambium.run") { _ in JSONLinesHandler(path: work.appending("run.log")) }
  }

  func began(_ stage: StageName, bytes: Int) {
    logger.info("stage begins", metadata: ["stage": "\(stage.rawValue)", "bytes": "\(bytes)"])
    next.began(stage, bytes: bytes)
  }

  func advanced(_ stage: StageName, bytes: Int, item: String) { next.advanced(stage, bytes: bytes, item: item) }

  func ended(_ stage: StageName, reused: Bool) {
    logger.info("stage ended", metadata: ["stage": "\(stage.rawValue)", "reused": "\(reused)"])
    next.ended(stage, reused: reused)
  }

  func note(_ text: String) {
    logger.notice("\(text)")
    next.note(text)
  }
}
