import Foundation
import Inference
import Safetensors
import StrictJSON
import SystemPackage
import TestSupport

/// The demo's trunk with its head, and drafters for it: a trained DFlash drafter, and a small EAGLE-3 drafter with random
/// weights (`Fixtures/drafters`). Larger trained models are there where `CAMBIUM_TRAINED_MODELS` names their folder.
enum Drafters {
  static let fixtures = Repository.tests("InferenceTests") + "/Fixtures/drafters"
  static let dflash = fixtures + "/demo-dflash"
  static let eagle3 = fixtures + "/tiny-eagle3"

  static func demo(_ drafters: [String] = [dflash, eagle3]) throws -> LoadedModel {
    try LoadedModel.open(Repository.demoTrunk, head: Repository.demoDonor, drafters: drafters)
  }

  static func golden(_ name: String) throws -> GoldenTensors {
    GoldenTensors(file: try SafetensorsFile(path: FilePath("\(fixtures)/\(name)-golden.safetensors")))
  }

  /// The folder of trained models, which is not part of the repository.
  static let trained = ProcessInfo.processInfo.environment["CAMBIUM_TRAINED_MODELS"]

  /// Sequences that repeat themselves, so that there is something to copy.
  static let repeating = Prompt([7, 300, 41, 95, 11, 620, 88, 7, 300, 41, 95, 11, 620, 88, 7, 300, 41, 95, 11])
}

/// A prompt of a reference file: what was decoded behind it, in which rounds.
struct ReferenceRounds {
  var id: String
  var prompt: [Int]
  var output: [Int]
  var rounds: [(drafts: [Int], accepted: Int, margin: Double)]

  static func read(_ path: String) throws -> [ReferenceRounds] {
    try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
      let value = try JSONValue.parse(Array(line.utf8), file: path)
      return ReferenceRounds(
        id: value["id"]?.stringValue ?? "", prompt: value.integers("prompt_ids"), output: value.integers("output_ids"),
        rounds: (value["rounds"]?.arrayValue ?? []).map {
          ($0.integers("drafts"), $0["accepted"]?.intValue ?? -1, $0["margin"]?.doubleValue ?? 0)
        })
    }
  }

  /// What differs when a model decodes the prompt; rounds whose own margin is below 1e-4 may differ, and are counted.
  func differences(_ model: LoadedModel, _ method: DecodingMethod) throws -> (found: [String], close: Int) {
    var made: [DecodingRound] = []
    let session = DecodingSession(model, threads: 1)
    let decoding = try session.decode(
      // The reference drafts up to the last token that it wants, and does not leave out the one that a pass adds.
      Prompt(prompt), method, DecodingOptions(limit: output.count + 1, onRound: { made.append($0) }))
    let tokens = Array(decoding.prefix(output.count))
    var found = tokens == output ? [] : ["\(id): other tokens"]
    var close = 0
    for (index, pair) in zip(rounds, made).enumerated() where pair.0.drafts != pair.1.drafts {
      if pair.0.margin < 1e-4 {
        close += 1
      } else {
        found.append("\(id), round \(index): \(pair.1.drafts) for \(pair.0.drafts)")
      }
    }
    let accepted = made.prefix(rounds.count).map(\.accepted)
    if close == 0, accepted != rounds.map(\.accepted) { found.append("\(id): other rounds") }
    return (found, close)
  }
}

/// |a − b| / |b|; infinite when the counts differ.
func relativeDistance(_ a: [Float], _ b: [Float]?) -> Double {
  guard let b, a.count == b.count, !b.isEmpty else { return .infinity }
  var (difference, norm) = (0.0, 0.0)
  for (x, y) in zip(a, b) {
    difference += (Double(x) - Double(y)) * (Double(x) - Double(y))
    norm += Double(y) * Double(y)
  }
  return (difference / norm).squareRoot()
}
