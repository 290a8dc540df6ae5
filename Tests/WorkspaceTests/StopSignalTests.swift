#if os(Linux)
  import Testing

  @Suite struct StopSignalTests {
    @Test(arguments: ["int", "term"]) func theFirstSignalSetsTheFlag(_ scenario: String) throws {
      #expect(try ChildProcess.run(scenario, in: "/tmp") == .exit(0))
    }

    @Test(arguments: [("int-twice", 130), ("term-twice", 143)] as [(String, Int32)])
    func theSecondSignalEndsTheProcess(_ scenario: String, _ status: Int32) throws {
      #expect(try ChildProcess.run(scenario, in: "/tmp") == .exit(status))
    }

    @Test func aFileSizeLimitIsAnErrorAndLeavesNothing() throws {
      let scratch = try Scratch()
      #expect(try ChildProcess.run("size-limit", in: scratch.path) == .exit(0))
      #expect(try scratch.names().isEmpty)
    }
  }
#endif
