import Foundation
import PackagePlugin

/// Writes a source file with the commit that is built, for `--version`. What the build sees is asked again whenever the
/// head of the repository moves or a source changes; a source tree without a repository has an unknown commit, also
/// inside of somebody else's repository.
@main
struct NameCommit: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: Target) throws -> [Command] {
    let root = context.package.directoryURL
    let script = root.appending(path: "Plugins/NameCommit/name-commit.sh")
    let output = context.pluginWorkDirectoryURL.appending(path: "BuiltCommit.swift")
    let heads = NameCommit.heads(root)
    return [
      .buildCommand(
        displayName: "Naming the commit", executable: URL(fileURLWithPath: "/bin/sh"),
        arguments: [script.path, output.path] + (heads.isEmpty ? [] : [root.path]),
        inputFiles: [script] + heads + NameCommit.sources(context.package), outputFiles: [output])
    ]
  }

  /// The files that change whenever the head moves; none without a repository or without its log, since a commit that
  /// cannot be followed would be wrong after the next one.
  private static func heads(_ root: URL) -> [URL] {
    var folder = root.appending(path: ".git")
    // In a linked worktree it is a file that says where the folder is.
    if let link = try? String(contentsOf: folder, encoding: .utf8) {
      guard link.hasPrefix("gitdir: ") else { return [] }
      let path = link.dropFirst("gitdir: ".count).trimmingCharacters(in: .whitespacesAndNewlines)
      folder = URL(fileURLWithPath: path, relativeTo: root)
    }
    let files = ["HEAD", "logs/HEAD"].map { folder.appending(path: $0) }
    return files.allSatisfy { FileManager.default.fileExists(atPath: $0.path) } ? files : []
  }

  private static func sources(_ package: Package) -> [URL] {
    package.targets.compactMap { $0 as? SourceModuleTarget }.filter { $0.kind != .test }
      .flatMap { $0.sourceFiles.map(\.url) }
  }
}
