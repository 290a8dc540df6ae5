import ArgumentParser
import Files
import SystemPackage

extension FilePath: @retroactive ExpressibleByArgument {
  public init?(argument: String) { self.init(typed: argument) }
}
