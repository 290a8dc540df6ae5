import ArgumentParser
import Files
import SystemPackage

/// The path of a file that is to be written. With a slash behind it the person means a folder.
package func resultFile(_ argument: String) throws -> FilePath {
  guard !argument.hasSuffix("/") else { throw ValidationError("\(argument) is a folder's path: give a file's") }
  return FilePath(typed: argument)
}

extension FilePath: @retroactive ExpressibleByArgument {
  public init?(argument: String) { self.init(typed: argument) }
}
