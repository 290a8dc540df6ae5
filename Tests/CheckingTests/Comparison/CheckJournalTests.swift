import Checking
import Digests
import Foundation
import Inference
import StrictJSON
import SystemPackage
import TestSupport
import Testing

/// A check that was interrupted makes only what it had not made.
@Suite struct CheckJournalTests {
  private let key = SHA256Digest.of([1, 2, 3])

  private func options(_ journal: CheckJournal? = nil, steps: Int = .max, made: @escaping () -> Void = {})
    -> CheckOptions
  {
    var asked = 0
    var options = CheckOptions(
      depths: [1, 2], limit: 16, stops: [3, 7, 40], threads: 1,
      isStopped: {
        asked += 1
        return asked > steps
      })
    options.together = 3
    options.decoders = [.lookup(), .inTurn]
    options.forced = true
    options.journal = journal
    return options
  }

  private func bytes(_ report: CheckReport) -> [UInt8] { JSONWriter.canonical(report.json) + Array(report.text.utf8) }

  @Test(arguments: [17, 20, 40])
  func `a check that is stopped after some steps goes on behind what it has, to the same report`(steps: Int) throws {
    let model = try Models.reference("qwen3_5_moe")
    let expected = try bytes(Check(model, options()).run(Models.madeUp))
    try withScratchFolder { folder in
      var (stops, kept) = (0, 0)
      while true {
        let journal = try CheckJournal(folder: FilePath(folder), key: key)
        #expect(journal.count >= kept)
        kept = journal.count
        do {
          let report = try Check(model, options(journal, steps: steps)).run(Models.madeUp)
          #expect(bytes(report) == expected)
          try journal.remove()
          break
        } catch is CancellationError {
          stops += 1
          try journal.close()
          try #require(stops < 50)
        }
      }
      // Three prompts, each vanilla and in five ways: some of it was there when it went on.
      #expect(stops > 0 && kept > 0)
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }
  }

  @Test func `a check that has all it needs makes no step`() throws {
    let model = try Models.reference("qwen3_next_moe")
    try withScratchFolder { folder in
      let first = try CheckJournal(folder: FilePath(folder), key: key)
      let expected = try bytes(Check(model, options(first)).run(Models.madeUp))
      try first.close()
      let second = try CheckJournal(folder: FilePath(folder), key: key)
      #expect(second.count == first.count && second.count >= 18)
      // It would be stopped before its first step.
      #expect(try bytes(Check(model, options(second, steps: 0)).run(Models.madeUp)) == expected)
      try second.remove()
    }
  }

  @Test func `what other prompts, options or keys made does not count`() throws {
    let model = try Models.reference("qwen3_next_moe")
    try withScratchFolder { folder in
      let first = try CheckJournal(folder: FilePath(folder), key: key)
      _ = try Check(model, options(first)).run(Models.madeUp)
      var others = [options(first, steps: 0), options(first, steps: 0), options(first, steps: 0)]
      others[0].limit = 15
      others[1].stops = [3, 7]
      others[2].draftShortlist = 40
      for other in others { #expect(throws: CancellationError.self) { try Check(model, other).run(Models.madeUp) } }
      #expect(throws: CancellationError.self) {
        try Check(model, options(first, steps: 0)).run(Array(Models.madeUp.reversed()))
      }
      try first.close()
      let other = try CheckJournal(folder: FilePath(folder), key: SHA256Digest.of([4]))
      #expect(other.count == 0)
      try other.remove()
    }
  }

  @Test func `a torn line costs one decoding`() throws {
    let model = try Models.reference("qwen3_next_moe")
    try withScratchFolder { folder in
      let first = try CheckJournal(folder: FilePath(folder), key: key)
      let expected = try bytes(Check(model, options(first)).run(Models.madeUp))
      let count = first.count
      try first.close()
      let file = URL(fileURLWithPath: folder + "/journal.jsonl")
      try Data(contentsOf: file).dropLast(9).write(to: file)
      let second = try CheckJournal(folder: FilePath(folder), key: key)
      #expect(second.count == count - 1)
      #expect(try bytes(Check(model, options(second)).run(Models.madeUp)) == expected)
      #expect(second.count == count)
      try second.remove()
    }
  }

  @Test func `a model's key is the same until one of its files is another`() throws {
    try withScratchFolder { folder in
      let copy = folder + "/model"
      try FileManager.default.copyItem(
        atPath: Repository.tests("InferenceTests") + "/Fixtures/reference/qwen3_next_moe/checkpoint", toPath: copy)
      let first = try CheckJournal.key(LoadedModel.open(copy))
      #expect(try CheckJournal.key(LoadedModel.open(copy)) == first)
      let config = URL(fileURLWithPath: copy + "/config.json")
      let bytes = try Data(contentsOf: config)
      try (bytes + Data("\n".utf8)).write(to: config)
      #expect(try CheckJournal.key(LoadedModel.open(copy)) != first)
      #expect(try CheckJournal.key(Models.demo()) != first)
    }
  }
}
