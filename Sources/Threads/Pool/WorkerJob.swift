/// One run of a ``WorkerPool``: what is to be done.
enum WorkerJob {
  case numbers(NumberRun)
  case detachable(any DetachableWork)

  var pieces: Int {
    switch self {
    case .numbers(let run): run.pieces
    case .detachable(let work): work.pieces
    }
  }
}

/// The numbers 0 ..< count in pieces of `grain`.
struct NumberRun {
  let count: Int
  let grain: Int
  let body: (Range<Int>, Int) -> Void

  var pieces: Int { (count + grain - 1) / grain }

  func work(on piece: Int, as worker: Int) {
    body(piece * grain..<min((piece + 1) * grain, count), worker)
  }
}
