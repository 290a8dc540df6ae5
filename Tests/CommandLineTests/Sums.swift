import Digests

/// SHA-256 of a file in hexadecimal digits.
func sha256(_ path: String) throws -> String { try digestOfFile(atPath: path).digest.hex }
