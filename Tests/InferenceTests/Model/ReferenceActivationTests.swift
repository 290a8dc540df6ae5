import Inference
import Testing

/// Within these of transformers in f32: what f32 noise leaves on logits of scale 8 to 18.
private let tolerance: Float = 2e-4

@Suite struct ReferenceActivationTests {
  @Test(arguments: Golden.all)
  func `hidden states, logits and states are those of the reference`(_ golden: Golden) throws {
    let trace = try golden.open().trace(golden.prompt(), limit: 0)
    let expected = try golden.tensors()
    #expect(distance(trace.hiddenFinal, try expected.floats("hidden_final")) < tolerance)
    #expect(distance(trace.logits, try expected.floats("logits")) < tolerance)
    guard !expected.shape("hidden.0").isEmpty else { return }
    for (layer, hidden) in trace.hidden.enumerated() {
      #expect(distance(hidden, try expected.floats("hidden.\(layer)")) < tolerance, "layer \(layer)")
    }
    for (layer, state) in trace.layers.enumerated() {
      switch state {
      case .attention(let keys, let values):
        let shape = expected.shape("state.key.\(layer)")
        #expect(distance(byHead(keys, shape), try expected.floats("state.key.\(layer)")) < tolerance)
        #expect(distance(byHead(values, shape), try expected.floats("state.value.\(layer)")) < tolerance)
      case .delta(let convolution, let recurrent):
        let inputs = try #require(try expected.floats("state.conv.\(layer)"))
        #expect(distance(transposed(convolution[...], columns: inputs.count / 4), withoutOldest(inputs)) < tolerance)
        let wanted = try #require(try expected.floats("state.recurrent.\(layer)"))
        #expect(distance(transposed(recurrent, expected.shape("state.recurrent.\(layer)")), wanted) < tolerance)
      }
    }
  }

  @Test(arguments: Golden.all)
  func `greedy tokens and the head's outputs are those of the reference`(_ golden: Golden) throws {
    let document = try golden.document()
    let expected = try golden.tensors()
    let ids = document.integers("greedy_ids")
    let trace = try golden.open().trace(golden.prompt(), limit: ids.count)
    #expect(trace.greedy == ids)
    #expect(distance(trace.greedyLogits, try expected.floats("greedy_logits")) < tolerance)
    #expect(distance(trace.headHidden, try expected.floats("mtp_hidden")) < tolerance)
    // The reference differs from itself by as much, run token by token.
    #expect(distance(trace.headLogits, try expected.floats("mtp_logits")) < 1.5 * tolerance)
  }

  /// [T, heads, D] as [heads, T, D].
  private func byHead(_ values: [Float], _ shape: [Int]) -> [Float] {
    let (heads, count, width) = (shape[0], shape[1], shape[2])
    var result: [Float] = []
    for head in 0..<heads {
      for position in 0..<count {
        let start = (position * heads + head) * width
        result += values[start..<start + width]
      }
    }
    return result
  }

  /// [rows, columns] as [columns, rows].
  private func transposed(_ values: ArraySlice<Float>, columns: Int) -> [Float] {
    let (rows, first) = (values.count / columns, values.startIndex)
    var result: [Float] = []
    for column in 0..<columns {
      for row in 0..<rows { result.append(values[first + row * columns + column]) }
    }
    return result
  }

  /// The reference keeps one input more than is needed: [C, 4] without column 0.
  private func withoutOldest(_ values: [Float]) -> [Float] {
    values.enumerated().filter { $0.offset % 4 != 0 }.map(\.element)
  }

  /// [heads, dv, dk] as [heads, dk, dv].
  private func transposed(_ values: [Float], _ shape: [Int]) -> [Float] {
    let size = shape[1] * shape[2]
    return (0..<shape[0]).flatMap { transposed(values[$0 * size..<($0 + 1) * size], columns: shape[1]) }
  }
}
