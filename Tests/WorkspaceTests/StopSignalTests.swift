#if os(Linux)
  import Testing

  @Suite struct StopSignalTests {
    @Test(arguments: ["int", "term"]) func `the first signal sets the flag`(_ scenario: String) throws {
      #expect(try ChildProcess.run(scenario, in: "/tmp") == .exit(0))
    }

    @Test(arguments: [("int-twice", 130), ("term-twice", 143)] as [(String, Int32)])
    func `the second signal ends the process`(_ scenario: String, _ status: Int32) throws {
      #expect(try ChildProcess.run(scenario, in: "/tmp") == .exit(status))
    }

    @Test func `a file size limit is an error and leaves nothing`() throws {
      let scratch = try Scratch()
      #expect(try ChildProcess.run("size-limit", in: scratch.path) == .exit(0))
      #expect(try scratch.names().isEmpty)
    }
  }
#endif
