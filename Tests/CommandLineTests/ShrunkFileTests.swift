import TestSupport
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// A weight file that becomes shorter while a model runs.
@Suite struct ShrunkFileTests {
  @Test(arguments: [false, true])
  func `15 a package that is cut while it is run is named and 74, as a document too where one is asked for`(
    isDocument: Bool
  ) throws {
    let folder = try ScratchFolder()
    try FileManager.default.copyItem(atPath: try Demo.reference.get().path, toPath: folder["p"])
    #expect(mkfifo(folder["prompt"], 0o600) == 0)
    signal(SIGPIPE, SIG_IGN)
    let process = try CambiumProcess(
      ["generate", "p", "--prompt", "-", "--limit", "1"] + (isDocument ? ["--json"] : []), program: "verify-runner",
      in: folder.path,
      limits: "exec <prompt")
    let descriptor = open(folder["prompt"], O_WRONLY | O_CLOEXEC)
    #expect(descriptor >= 0)
    // More than a pipe holds: it is written when the program reads, and it reads when the model is mapped.
    let text = [UInt8](repeating: UInt8(ascii: "a"), count: 1 << 17)
    var done = 0
    while done < text.count {
      let count = text[done...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
      done += count
    }
    var cut: [String] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder["p"]) where name.hasSuffix(".safetensors") {
      #expect(truncate(folder["p/" + name], 0) == 0)
      cut.append(name)
    }
    close(descriptor)
    let outcome = try process.wait()
    #expect(outcome.end == .exit(74), "\(outcome.summary)")
    #expect(outcome.err.hasPrefix("error: E_FILE_SHRANK: "), "\(outcome.err)")
    if isDocument {
      let error = try document(outcome.out)["error"]
      #expect(error?["code"]?.stringValue == "E_FILE_SHRANK" && error?["exit"]?.intValue == 74, "\(outcome.out)")
    } else {
      #expect(outcome.out.isEmpty, "\(outcome.out)")
    }
    #expect(cut.contains { outcome.err.contains("/p/" + $0) }, "\(outcome.err)")
  }
}
