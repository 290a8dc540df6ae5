import Inference

/// Drafts what a script says for each place of the sequence: right tokens, wrong ones, or a mixture.
final class ScriptedDrafter: Drafter {
  private let script: (_ index: Int, _ place: Int) -> Int
  private var known: Int
  let rowsRun = 0

  /// - Parameter script: The token to draft as token `index` of the sequence, at `place` of its draft.
  init(_ script: @escaping (_ index: Int, _ place: Int) -> Int) {
    self.script = script
    known = 1
  }

  // One row a token that is known.
  func observe(_ rows: KeptRows) { known += rows.count }

  func draft(_ request: DraftRequest, into drafts: inout [Int], choose: (UnsafePointer<Float>) -> Int) {
    for place in 0..<request.count { drafts.append(script(known + place, place)) }
  }

  func replaceLast(token: Int, embedding: UnsafePointer<Float>?) {}
  func copy(engine: TextEngine) -> any Drafter { ScriptedDrafter(script) }
}
