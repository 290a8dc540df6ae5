#if os(Linux)
  import TestSupport
  import Testing

  @Suite struct StopSignalTests {
    @Test(arguments: ["int", "term"]) func `the first signal sets the flag`(_ scenario: String) throws {
      #expect(try child.run(scenario, in: "/tmp") == .exit(0))
    }

    @Test(arguments: ["int-taken-back", "term-taken-back"])
    func `an interrupt can be taken back, and nothing else can`(_ scenario: String) throws {
      #expect(try child.run(scenario, in: "/tmp") == .exit(0))
    }

    @Test func `C5 once a stop was asked for, nobody waits for what is not ready`() throws {
      #expect(try child.run("term-waits", in: "/tmp") == .exit(0))
    }

    @Test(arguments: [("int-twice", 130), ("term-twice", 143)] as [(String, Int32)])
    func `the second signal ends the process`(_ scenario: String, _ status: Int32) throws {
      #expect(try child.run(scenario, in: "/tmp") == .exit(status))
    }
  }
#endif
