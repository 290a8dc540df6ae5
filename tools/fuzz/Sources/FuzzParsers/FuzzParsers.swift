import Foundation

/// libFuzzer's own main, for programs that have one already.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
  _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The parser that gets the inputs: `CAMBIUM_FUZZ` in the environment.
private let parser = ProcessInfo.processInfo.environment["CAMBIUM_FUZZ"].flatMap(Parser.named)
private let folder = try? InputFolder()

@main
struct FuzzParsers {
  static func main() {
    guard parser != nil, folder != nil else {
      print("CAMBIUM_FUZZ is one of: \(Parser.all.map(\.name).joined(separator: " "))")
      exit(64)
    }
    atexit { folder?.remove() }
    var count = CommandLine.argc
    var arguments = CommandLine.unsafeArgv
    _ = runDriver(&count, &arguments) { start, count in
      if let parser, let folder { try? parser.parse(Array(UnsafeBufferPointer(start: start, count: count)), folder) }
      return 0
    }
  }
}
