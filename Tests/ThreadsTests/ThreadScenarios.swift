#if os(Linux)
  import Glibc
  import TestSupport
  import Testing
  import Threads

  /// The scenarios of this target.
  let child = ChildProcess(suite: "ThreadScenarios")

  @Suite(.enabled(if: child.order != nil)) struct ThreadScenarios {
    /// Exits with 0 when the scenario goes as it should.
    @Test func `a scenario is played in a child process`() throws {
      let order = try #require(child.order)
      _exit(try perform(order.scenario, in: order.folder) ? 0 : 1)
    }

    /// `int` or `term`, once, `-twice`, `-taken-back`, or followed by waiting for a pipe.
    func perform(_ scenario: String, in folder: String) throws -> Bool {
      let stop = StopSignal.shared
      guard !stop.isRequested, stop.signal == nil else { return false }
      stop.install()
      // Were it not ignored, this would be the end.
      deliver(SIGPIPE)
      let number = scenario.hasPrefix("term") ? SIGTERM : SIGINT
      deliver(number)
      guard stop.isRequested, stop.signal == number, stop.exitCode == 128 + number else { return false }
      if scenario.hasSuffix("-taken-back") {
        guard stop.takeBackInterrupt() == (number == SIGINT), stop.isRequested == (number == SIGTERM) else {
          return false
        }
        guard number == SIGINT else { return true }
        // The next one is the first again, and does not end the process.
        deliver(number)
        return stop.isRequested
      }
      if scenario.hasSuffix("-waits") { return try waits(stop) }
      guard scenario.hasSuffix("-twice") else { return true }
      deliver(number)
      return false
    }

    /// Whether waiting ends at once, and what is ready is still seen to be.
    private func waits(_ stop: StopSignal) throws -> Bool {
      let pipe = try OutputPipe()
      guard stop.wait(for: pipe.writer, .writing), !stop.waitAMoment() else { return false }
      pipe.fill()
      return !stop.wait(for: pipe.writer, .writing)
    }

    /// Sends a signal to this thread, which has been handled when the call returns. Threads of the pool that run tests
    /// block all signals; a thread of the tool need not.
    private func deliver(_ number: Int32) {
      var set = sigset_t()
      sigemptyset(&set)
      sigaddset(&set, number)
      pthread_sigmask(SIG_UNBLOCK, &set, nil)
      pthread_kill(pthread_self(), number)
    }
  }
#endif
