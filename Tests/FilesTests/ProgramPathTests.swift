import Files
import Foundation
import SystemPackage
import TestSupport
import Testing

@Suite struct ProgramPathTests {
  @Test func `the program that runs is there`() throws {
    let program = ProgramPath.own
    #expect(program.isAbsolute)
    #expect(try program.exists && !program.isFolder)
  }

  @Test func `without the system's word a program is found as a shell finds it`() throws {
    let scratch = try ScratchFolder()
    for folder in ["first/tool", "second", "third"] { try scratch.makeFolder(folder) }
    for (name, mode) in [("second/tool", 0o644), ("third/tool", 0o755)] {
      try Data([1]).write(to: URL(fileURLWithPath: scratch[name]))
      try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: scratch[name])
    }
    // A folder is no program, and neither is what nobody may run.
    let path = ["absent", "first", "second", "third"].map { scratch[$0] }.joined(separator: ":")
    #expect(ProgramPath.found("tool", in: path) == scratch.at("third/tool").absolute)
    #expect(ProgramPath.found("other", in: path) == FilePath("other").absolute)
    #expect(ProgramPath.found("./tool", in: path) == FilePath("tool").absolute)
    #expect(ProgramPath.found("/x/tool", in: path) == "/x/tool")
    #expect(ProgramPath.found("tool", in: "") == FilePath("tool").absolute)
  }
}
