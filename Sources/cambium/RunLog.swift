import Conversion
import Diagnostics
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
    members += all.sorted { $0.key < $1.key }.map { ($0.key, JSONLinesHandler.json($0.value)) }
    file.append(JSONWriter.canonical(.object(members)) + [UInt8(ascii: "\n")])
  }

  /// Numbers and truths as such; everything else as text.
  private static func json(_ value: Logger.MetadataValue) -> JSONValue {
    guard case .stringConvertible(let value) = value else { return .string(value.description) }
    switch value {
    case let number as Int: return .int(number)
    case let seconds as LoggedSeconds: return JSONValue(.number(Fixed.places(seconds.seconds, 3)))
    case let truth as Bool: return .bool(truth)
    default: return .string(value.description)
    }
  }
}

/// How long something took, as a number of the log.
private struct LoggedSeconds: CustomStringConvertible, Sendable {
  let seconds: Double
  var description: String { Fixed.places(seconds, 3) }
}

/// Passes everything on to another observer, and logs stages, notes and the error that ends a run in `run.log` of the work
/// folder.
final class LoggingObserver: RunObserver {
  private let next: any RunObserver
  private let logger: Logger
  private let began = Guarded(ContinuousClock.now)
  /// Whether the work folder is known to be this run's: nothing is put into another one.
  private let isOurs = Guarded(false)

  init(_ next: any RunObserver, work: FilePath) {
    self.next = next
    logger = Logger(label: "cambium.run") { _ in JSONLinesHandler(path: work.appending("run.log")) }
  }

  func began(_ stage: StageName, bytes: Int) {
    isOurs.withLock { $0 = true }
    began.withLock { $0 = .now }
    logger.info("stage begins", metadata: ["stage": "\(stage.rawValue)", "bytes": .stringConvertible(bytes)])
    next.began(stage, bytes: bytes)
  }

  func advanced(_ stage: StageName, bytes: Int, item: String) { next.advanced(stage, bytes: bytes, item: item) }

  func ended(_ stage: StageName, reused: Bool) {
    isOurs.withLock { $0 = true }
    let took = began.withLock { began in
      defer { began = .now }
      return began.duration(to: .now)
    }
    logger.info(
      "stage ended",
      metadata: [
        "stage": "\(stage.rawValue)", "reused": .stringConvertible(reused),
        "seconds": .stringConvertible(LoggedSeconds(seconds: took / .seconds(1))),
      ])
    next.ended(stage, reused: reused)
  }

  /// What ended the run before its end: with its code, so that a program finds it. Being stopped is no error.
  func failed(_ error: any CambiumError) {
    guard isOurs.withLock({ $0 }) else { return }
    let diagnostic = error.diagnostic
    let parts = diagnostic.parts.map { ($0.label, Logger.MetadataValue.string($0.text)) }
    let isStop = diagnostic.exitStatus == .resumable || diagnostic.exitStatus == .interrupted
    logger.log(
      level: isStop ? .notice : .error, "\(diagnostic.summary)",
      metadata: Logger.Metadata(uniqueKeysWithValues: parts).merging(
        ["code": "\(diagnostic.code)", "exit": .stringConvertible(Int(diagnostic.exitStatus.rawValue))]) { $1 })
  }

  func note(_ text: String) {
    logger.notice("\(text)")
    next.note(text)
  }
}
