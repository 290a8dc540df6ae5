import Digests
import SystemPackage

/// SHA-256 of a file in hexadecimal digits.
func sha256(_ path: String) throws -> String { try digestOfFile(atPath: FilePath(path)).digest.hex }
