import Foundation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Memory of this process, as the system counts it at one moment.
package struct ProcessMemory: Sendable, Hashable {
  /// Resident pages that are no file's: what the program itself takes. Nil where the system does not say.
  package var anonymousBytes: Int?
  /// All resident pages, mapped weights among them; on macOS the most there were so far.
  var residentBytes: Int

  /// What the system says at this moment; zeros where it does not.
  package static var now: ProcessMemory {
    #if os(Linux)
      let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
      return ProcessMemory(
        anonymousBytes: kilobytes("RssAnon:", text), residentBytes: kilobytes("VmRSS:", text) ?? 0)
    #else
      var usage = rusage()
      return ProcessMemory(
        anonymousBytes: nil, residentBytes: getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_maxrss : 0)
    #endif
  }

  /// The number of a line such as `VmRSS: 12 kB`; nil without such a line.
  package static func kilobytes(_ name: String, _ text: String) -> Int? {
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else { return nil }
    return line.split(whereSeparator: { $0 == " " || $0 == "\t" }).dropFirst().first.flatMap { Int($0) }.map {
      $0 * 1024
    }
  }
}
