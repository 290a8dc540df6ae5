import Files
import Inference
import Safetensors
import StrictJSON
import SystemPackage

/// A trace as two files: `PREFIX.safetensors` with the numbers, f32, and `PREFIX.json` with what is countable.
///
/// Tensors (T tokens of the prompt, N of the continuation, H hidden, V vocabulary): `logits` [T, V], `hidden.L` [T, H]
/// after layer L, `hidden_final` [T, H], `greedy_logits` [N, V], `mtp_hidden` [T + N − 1, H], `mtp_logits`
/// [T + N − 1, V], and after the prompt for layer L `state.key.L` and `state.value.L` [T, Nkv, D], `state.conv.L`
/// [K − 1, C], `state.recurrent.L` [Hv, dv, dk]. Tensors without elements are left out.
public struct TraceFiles {
  private let trace: Trace
  private let configuration: TextConfiguration
  private let depth: Int
  private let arithmetic: Arithmetic

  /// - Parameters:
  ///   - trace: What was traced.
  ///   - model: The model that was traced.
  ///   - depth: Drafted tokens of each of the trace's rounds.
  ///   - arithmetic: The arithmetic of the trace.
  public init(_ trace: Trace, model: LoadedModel, depth: Int, arithmetic: Arithmetic = .canonical) {
    self.trace = trace
    configuration = model.configuration
    self.depth = depth
    self.arithmetic = arithmetic
  }

  /// The tensors with names and shapes.
  public var tensors: [(name: String, shape: [Int], values: [Float])] {
    let (rows, width, vocabulary) = (trace.tokens.count, configuration.hidden, configuration.vocabulary)
    var list: [(name: String, shape: [Int], values: [Float])] = [
      ("logits", [rows, vocabulary], trace.logits), ("hidden_final", [rows, width], trace.hiddenFinal),
      ("greedy_logits", [trace.greedy.count, vocabulary], trace.greedyLogits),
      ("mtp_hidden", [trace.headHidden.count / max(1, width), width], trace.headHidden),
      ("mtp_logits", [trace.headLogits.count / max(1, vocabulary), vocabulary], trace.headLogits),
    ]
    for (layer, hidden) in trace.hidden.enumerated() { list.append(("hidden.\(layer)", [rows, width], hidden)) }
    for (layer, state) in trace.layers.enumerated() {
      switch state {
      case .attention(let keys, let values):
        let shape = [rows, configuration.attention.keyValueHeads, configuration.attention.headDimension]
        list += [("state.key.\(layer)", shape, keys), ("state.value.\(layer)", shape, values)]
      case .delta(let convolution, let recurrent):
        let delta = configuration.delta
        list += [
          ("state.conv.\(layer)", [delta.taps - 1, delta.channels], convolution),
          ("state.recurrent.\(layer)", [delta.valueHeads, delta.valueDimension, delta.keyDimension], recurrent),
        ]
      }
    }
    return list.filter { !$0.values.isEmpty }
  }

  /// The countable part.
  public var json: JSONValue {
    .object(
      [("verify_runner_trace", 1)] + arithmetic.statement + [
        ("model_type", .string(configuration.modelType)),
        ("tokens", .array(trace.tokens.map(JSONValue.int))), ("greedy", .array(trace.greedy.map(JSONValue.int))),
        ("depth", .int(depth)),
        (
          "rounds",
          .array(
            trace.rounds.map { round in
              .object([
                ("known_tokens", .int(round.knownTokens)), ("drafts", .array(round.drafts.map(JSONValue.int))),
                ("accepted", .int(round.accepted)), ("emitted", .array(round.emitted.map(JSONValue.int))),
              ])
            })
        ),
      ])
  }

  /// Writes both files, each complete or not at all; both places are looked at before the first is written. Returns
  /// their paths.
  /// - Parameter files: those of ``results(_:force:inputs:)``.
  /// - Throws: `StorageError`, `SafetensorsError`.
  @discardableResult
  public func write(_ files: [ResultFile]) throws -> [FilePath] {
    for file in files { try file.check() }
    let tensors = tensors
    let layout = try SafetensorsLayout(tensors: tensors.map { ($0.name, .f32, $0.shape) })
    let values = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.values) })
    try files[0].write { file throws(StorageError) in
      try file.write(layout.headerBytes, at: 0)
      for entry in layout.entries {
        let bytes = TraceFiles.littleEndian(values[entry.name] ?? [])
        try file.write(Array(bytes.prefix(entry.byteCount)), at: layout.headerBytes.count + entry.begin)
      }
    }
    try files[1].write(JSONWriter.pretty(json))
    return files.map(\.path)
  }

  private static func littleEndian(_ values: [Float]) -> [UInt8] {
    var words = values.map(\.bitPattern.littleEndian)
    return words.withUnsafeMutableBytes { Array($0) }
  }
}
