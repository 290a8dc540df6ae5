import Foundation

extension String {
  /// The text as one word of a shell command.
  package var shellQuoted: String {
    let plain = allSatisfy { $0.isLetter || $0.isNumber || "-_./=:@+,".contains($0) }
    return plain && !isEmpty ? self : "'" + replacingOccurrences(of: "'", with: "'\\''") + "'"
  }
}
