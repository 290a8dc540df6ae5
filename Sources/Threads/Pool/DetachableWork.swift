/// Pieces of work that do not depend on one another, of which a helper of a ``WorkerPool`` can do one apart from the memory
/// of the result: so the caller can go on without a helper whose core is another program's.
///
/// A value keeps alive all memory that its pieces read. A helper that was not waited for goes on reading that memory for
/// a while after the run.
package protocol DetachableWork {
  /// How many there are, numbered from 0.
  var pieces: Int { get }
  /// Bytes of the largest piece's result.
  var resultBytes: Int { get }

  /// Does a piece, in the memory of the result.
  func perform(_ piece: Int)
  /// Does all of them, on one thread.
  func performAll()
  /// Does a piece, with its result in `memory`, at the beginning of a cache line.
  func compute(_ piece: Int, into memory: UnsafeMutableRawPointer)
  /// Puts what ``compute(_:into:)`` made in its place.
  func place(_ piece: Int, from memory: UnsafeRawPointer)
}
