import ArgumentParser
import Files
import SystemPackage

/// What names a file, a folder, a model or a pipeline: every such argument and option comes through here. Nothing at all
/// would name the current folder, which is what a variable that is not set leads to in a script.
package func named(_ argument: String) throws -> String {
  guard !argument.isEmpty else { throw ValidationError("it names nothing: leave the option out, or give a name") }
  return argument
}

/// The path of a file that is to be written. With a slash after it the person means a folder.
package func resultFile(_ argument: String) throws -> FilePath {
  let argument = try named(argument)
  guard !argument.hasSuffix("/") else { throw ValidationError("\(argument) is a folder's path: give a file's") }
  return FilePath(typed: argument)
}

/// The beginning of the names of files that are to be written: the last part of it must be one.
package func resultPrefix(_ argument: String) throws -> String {
  _ = try resultFile(argument)
  return argument
}

extension FilePath: @retroactive ExpressibleByArgument {
  public init?(argument: String) {
    guard let name = try? named(argument) else { return nil }
    self.init(typed: name)
  }
}
