import Diagnostics
import Files
import Readers
import Testing

/// What of an error is said of a file, and what is said of the machine.
@Suite struct VerdictTests {
  @Test func `storage that fails says nothing of a file, and a command that was stopped neither`() {
    #expect(throws: FileError.self) {
      _ = try Diagnostic.verdict { throw FileError.read(path: "model.safetensors", reason: "Input/output error") }
    }
    #expect(throws: CancellationError.self) { _ = try Diagnostic.verdict { throw CancellationError() } }
  }

  @Test func `a file that is not there is a verdict, in words with its code`() throws {
    let words = try Diagnostic.verdict { throw FileError.missing(path: "config.json") }
    #expect(words?.hasPrefix("E_FILE_MISSING: ") == true)
    #expect(try Diagnostic.verdict {} == nil)
  }
}
