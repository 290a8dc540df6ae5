import Inference

/// The MTP head's drafter, with its draft logits shown to a test.
final class ShownDrafter: Drafter {
  let drafter: any Drafter
  let show: ([Float]) -> Void
  var rowsRun: Int { drafter.rowsRun }

  init(_ drafter: any Drafter, _ show: @escaping ([Float]) -> Void) {
    self.drafter = drafter
    self.show = show
  }

  func begin(_ tokens: [Int], shortlist: Int, prediction: [Int]) {
    drafter.begin(tokens, shortlist: shortlist, prediction: prediction)
  }

  var tappedLayers: [Int] { drafter.tappedLayers }
  var copyable: CopyableText? { drafter.copyable }

  func observe(_ rows: KeptRows) { drafter.observe(rows) }

  func draft(_ request: DraftRequest, into drafts: inout [Int], choose: (UnsafePointer<Float>) -> Int) {
    drafter.draft(request, into: &drafts) { logits in
      show(Array(UnsafeBufferPointer(start: logits, count: 256)))
      return choose(logits)
    }
  }

  func replaceLast(token: Int, embedding: UnsafePointer<Float>?) {
    drafter.replaceLast(token: token, embedding: embedding)
  }

  func copy(engine: TextEngine) -> any Drafter { ShownDrafter(drafter.copy(engine: engine), show) }
}
