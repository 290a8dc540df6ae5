import Diagnostics
import Dispatch
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Serving
import ServiceLifecycle
import StrictJSON
import Threads

/// A server of one model. It serves until SIGTERM or SIGINT, lets the answers that come have their ends within a stated
/// time, and ends at once at the second signal.
package struct Server: Sendable {
  private let service: Serving.Service
  private let options: ServerOptions
  private let meta: [(String, JSONValue)]
  private let note: @Sendable (String) -> Void
  private let log: @Sendable (String) -> Void

  /// - Parameters:
  ///   - service: What answers.
  ///   - options: How it listens.
  ///   - meta: What is said of the model.
  ///   - note: Takes what a person should read.
  ///   - log: Takes a line about each request.
  /// - Throws: ``ServerError/insecure(host:)``.
  package init(
    _ service: Serving.Service, _ options: ServerOptions, meta: [(String, JSONValue)],
    note: @escaping @Sendable (String) -> Void, log: @escaping @Sendable (String) -> Void
  ) throws(ServerError) {
    try options.check()
    self.service = service
    self.options = options
    self.meta = meta
    self.note = note
    self.log = log
  }

  /// Serves, and returns when the server has been told to end and all is done.
  /// - Throws: ``ServerError/address(host:port:reason:)``.
  package func run() async throws {
    let state = ServerState(ServingStatistics())
    let since = Int(Date().timeIntervalSince1970)
    let responder = ServerResponder(
      service: service,
      gate: Gate(
        host: options.host, allowed: options.allowedHosts, origins: options.origins, keys: options.keys),
      state: state, options: options, models: ModelDocuments(service, since: since, meta: meta),
      texts: TextDocuments(service), since: since, now: { Int(Date().timeIntervalSince1970) }, page: { Page.bytes },
      note: note, log: log)
    var logger = Logger(label: "serve")
    logger.logLevel = .error
    let decoder = HTTP1Decoder(maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 32 << 10, maxHeaderFieldCount: 100)
    let note = note
    let isListening = Monitor(false)
    let headSeconds = options.headSeconds
    let application = Application(
      responder: responder,
      server: .http1(
        configuration: .init(
          additionalChannelHandlers: [HeadGuard(seconds: headSeconds)],
          idleTimeout: .seconds(Int64(options.idleSeconds)), httpDecoderConfiguration: decoder)),
      configuration: ApplicationConfiguration(
        address: .hostname(options.host, port: options.port),
        availableConnectionsDelegate: MaximumAvailableConnections(options.connections, logger: logger)),
      onServerRunning: { channel in
        isListening.change { $0 = true }
        // The port may have been left to the system.
        let host = options.host.contains(":") ? "[\(options.host)]" : options.host
        note("serving at http://\(host):\(channel.localAddress?.port ?? options.port)")
      }, logger: logger)
    let isOver = Monitor(false)
    let watch = DrainWatch(state: state, seconds: options.drainSeconds) {
      // A tower, or a step of a large model, may take longer than anybody waits. All clients have been told by then.
      _exit(isOver.look { $0 } ? ExitStatus.ok.rawValue : ExitStatus.failure.rawValue)
    }
    var configuration = ServiceGroupConfiguration(
      services: [
        .init(service: application),
        .init(service: watch, successTerminationBehavior: .ignore),
      ], gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    configuration.maximumGracefulShutdownDuration = Duration.seconds(options.drainSeconds + 2)
    let signals = SecondSignal()
    defer {
      isOver.change { $0 = true }
      signals.end()
      service.engine.stop()
    }
    do {
      try await ServiceGroup(configuration: configuration).run()
    } catch  where !isListening.look({ $0 }) && !state.isDraining {
      throw ServerError.address(host: options.host, port: options.port, reason: "\(error)")
    } catch {
      // Cut off at the end of its time: whoever waited was told before.
      guard state.isDraining else { throw error }
    }
  }

  private typealias HTTP1Decoder = HTTP1Channel.Configuration.DecoderConfiguration
}

/// Notes the beginning of the end, and ends what is left when its time is over; and the process, if something does not let
/// go. Services are ended in the reverse of their order, each when the one after it is done: as long as this one waits, the
/// server listens, so that whoever comes is told with 503 instead of being turned away without a word.
private struct DrainWatch: ServiceLifecycle.Service {
  let state: ServerState
  let seconds: Int
  /// Called when the time is long over.
  let cut: @Sendable () -> Void

  func run() async throws {
    try await gracefulShutdown()
    let left = state.drain()
    let (state, seconds, cut) = (state, seconds, cut)
    // A separate queue: the common ones may be full of prompts.
    DispatchQueue(label: "drain").asyncAfter(deadline: .now() + .seconds(seconds + 10)) { cut() }
    let end = Task {
      try await Task.sleep(for: .seconds(seconds))
      state.endAll()
      // Time to write what they are told, and no more: somebody may not read it.
      try await Task.sleep(for: .seconds(1))
      state.endWaiting()
    }
    for await _ in left {}
    end.cancel()
  }
}

/// Ends the process at the second signal: somebody does not want to wait.
private final class SecondSignal {
  private let sources: [any DispatchSourceSignal]

  init() {
    let count = Guarded(0)
    let queue = DispatchQueue(label: "signals")
    sources = [SIGTERM, SIGINT].map { number in
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        let signals = count.withLock { count in
          count += 1
          return count
        }
        if signals > 1 { _exit(128 + number) }
      }
      source.resume()
      return source
    }
  }

  func end() { for source in sources { source.cancel() } }
}
