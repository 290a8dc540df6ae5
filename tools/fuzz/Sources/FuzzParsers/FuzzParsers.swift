import Archive
import Foundation
import Safetensors
import StrictJSON

/// libFuzzer's own main, for programs that have one already.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Which parser gets the input: `CAMBIUM_FUZZ` in the environment.
private let parser: @Sendable ([UInt8]) throws -> Void = {
  switch ProcessInfo.processInfo.environment["CAMBIUM_FUZZ"] ?? "json" {
  case "safetensors": { _ = try SafetensorsHeader.parse($0, fileSize: $0.count, file: "input") }
  case "tar":
    {
      var reader = TarReader()
      try $0.withUnsafeBytes { bytes in
        // In two pieces: what is cut must be put together again.
        let middle = bytes.count / 3
        try reader.consume(UnsafeRawBufferPointer(rebasing: bytes[..<middle])) { _ in }
        try reader.consume(UnsafeRawBufferPointer(rebasing: bytes[middle...])) { _ in }
      }
    }
  default:
    {
      let value = try JSONValue.parse($0, file: "input")
      // What is accepted must survive being written.
      let again = try JSONValue.parse(JSONWriter.pretty(value, sorted: false), file: "again")
      guard again == value else { fatalError("written and read again, it is another value") }
    }
  }
}()

@main
struct FuzzParsers {
  static func main() {
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    _ = runDriver(&count, &arguments) { start, count in
      try? parser(Array(UnsafeBufferPointer(start: start, count: count)))
      return 0
    }
  }
}
