import Foundation

/// Where the executables are that are built with the tests.
package enum BuiltProgram {
  /// A program beside the test program, or else the one of the release build.
  package static func path(_ name: String) -> String {
    var places = [URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()]
    if let at = CommandLine.arguments.firstIndex(of: "--test-bundle-path"), at + 1 < CommandLine.arguments.count {
      places.append(URL(fileURLWithPath: CommandLine.arguments[at + 1]))
    }
    for place in places {
      var folder = place
      // On macOS the program lies some folders down in its bundle.
      for _ in 0..<4 {
        folder = folder.deletingLastPathComponent()
        let candidate = folder.appendingPathComponent(name).path
        if isProgram(candidate) { return candidate }
      }
    }
    return Repository.root + "/.build/release/" + name
  }

  /// Nothing of the machine but what a program needs to start.
  package static let environment: [String: String] = {
    var variables = ["HOME": "/nonexistent-home", "LC_ALL": "C", "TZ": "UTC", "TERM": "dumb"]
    for name in ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH"] {
      variables[name] = ProcessInfo.processInfo.environment[name]
    }
    // No test leaves this machine; those with a hub of their own say 0.
    variables["HF_HUB_OFFLINE"] = "1"
    variables["CAMBIUM_PIPELINES"] = Repository.pipelines
    return variables
  }()

  private static func isProgram(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
      && FileManager.default.isExecutableFile(atPath: path)
  }
}
