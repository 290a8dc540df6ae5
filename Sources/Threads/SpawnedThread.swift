/// A thread that was started, to be waited for.
public final class SpawnedThread: Sendable {
  private let hasEnded = Monitor(false)

  /// Starts a thread that calls `body` and ends.
  /// - Parameters:
  ///   - name: what debuggers and error messages call it; Linux shows 15 bytes.
  ///   - starter: what starts the thread.
  ///   - body: what the thread does.
  /// - Throws: ``ThreadError`` when the system starts none; `body` is not called then.
  public init(
    _ name: String, by starter: ThreadStarter = .system, _ body: @escaping @Sendable () -> Void
  ) throws(ThreadError) {
    let code = starter.start(name) { [hasEnded] in
      body()
      hasEnded.change { $0 = true }
    }
    guard code == 0 else { throw .notStarted(name: name, errno: code) }
  }

  /// Returns when the thread has done its work.
  public func wait() { hasEnded.wait { $0 ? true : nil as Bool? } }

  /// Starts one thread for each body: all of them or, in the end, none.
  /// - Parameters:
  ///   - bodies: what each thread does, and its name.
  ///   - starter: what starts the threads.
  ///   - abandon: called when one does not start, so that those which did come to their end; they are waited for.
  /// - Throws: ``ThreadError``.
  public static func all(
    _ bodies: [(name: String, body: @Sendable () -> Void)], by starter: ThreadStarter = .system,
    orElse abandon: () -> Void
  ) throws(ThreadError) -> [SpawnedThread] {
    var threads: [SpawnedThread] = []
    for (name, body) in bodies {
      do throws(ThreadError) {
        threads.append(try SpawnedThread(name, by: starter, body))
      } catch {
        abandon()
        threads.forEach { $0.wait() }
        throw error
      }
    }
    return threads
  }
}
