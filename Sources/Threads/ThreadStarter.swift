import CKernels

/// What starts threads: the system, or in tests something that refuses.
public struct ThreadStarter: Sendable {
  /// Starts a thread that calls `body` and ends. Answers 0, or the error number, and then never calls it.
  let start: @Sendable (_ name: String, _ body: @escaping @Sendable () -> Void) -> Int32

  /// - Parameter start: Starts a thread of this name that calls the body, and returns 0 or an error number of the
  ///   system.
  public init(_ start: @escaping @Sendable (_ name: String, _ body: @escaping @Sendable () -> Void) -> Int32) {
    self.start = start
  }

  /// Room for the stack of a thread: what parsers of nested input may need on a worker.
  private static let stackBytes = 4 << 20

  /// The threads of the system. The only place where one begins.
  public static let system = ThreadStarter { name, body in
    let context = Unmanaged.passRetained(Body(body))
    let code = cambium_start_thread(
      name, stackBytes,
      { context in
        if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
      }, context.toOpaque())
    if code != 0 { context.release() }
    return code
  }

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
