import Foundation
import Threads

/// The states of one image's patches on their way through the tower.
struct VisionPass {
  private let configuration: VisionConfiguration
  private let positions: VisionPositions
  private let groups: Int
  private let pool: WorkerPool
  /// [N, Hx].
  let states: FloatBuffer
  private let angles: (cosines: FloatBuffer, sines: FloatBuffer)

  /// N, patches of all groups.
  private var count: Int { groups * positions.count }
  private var width: Int { configuration.hidden }

  init(_ configuration: VisionConfiguration, _ positions: VisionPositions, groups: Int, pool: WorkerPool) {
    self.configuration = configuration
    self.positions = positions
    self.groups = groups
    self.pool = pool
    states = FloatBuffer(count: groups * positions.count * configuration.hidden)
    angles = positions.angles(headDimension: configuration.headDimension)
  }

  /// One row of scratch memory for each worker.
  private func scratch(_ perWorker: Int) -> (Int) -> UnsafeMutablePointer<Float> {
    let buffer = FloatBuffer(count: perWorker * pool.threads)
    return { buffer.pointer + $0 * perWorker }
  }

  /// The patch embedding: a convolution whose windows do not overlap is a matrix product.
  func embed(_ linear: DenseLinear, _ write: (Range<Int>, UnsafeMutableBufferPointer<Float>) -> Void) {
    let patches = scratch(Dense.tile * linear.columns)
    pool.tiles(groups: groups, of: positions.count) { range, worker in
      let buffer = UnsafeMutableBufferPointer(start: patches(worker), count: range.count * linear.columns)
      write(range, buffer)
      linear.apply(patches(worker), count: range.count, into: states.pointer + range.lowerBound * width)
    }
  }

  /// The learned positions, the same in every group.
  func addPositions(_ table: FloatBuffer) {
    pool.tiles(groups: groups, of: positions.count) { range, _ in
      for patch in range {
        positions.addTable(
          table.pointer, side: configuration.tableSide, width: width, patch: patch % positions.count,
          to: states.pointer + patch * width)
      }
    }
  }

  /// x = x + proj(attention(norm1(x))), then x = x + fc2(gelu(fc1(norm2(x)))).
  func run(_ block: VisionBlock) {
    let projected = FloatBuffer(count: 3 * count * width)
    project(block, into: projected)
    let mixed = FloatBuffer(count: count * width)
    attend(projected, into: mixed)
    let branch = scratch(Dense.tile * width)
    let normed = scratch(Dense.tile * width)
    let inner = scratch(Dense.tile * configuration.intermediate)
    pool.tiles(groups: groups, of: positions.count) { range, worker in
      let state = states.pointer + range.lowerBound * width
      let (branch, normed, inner) = (branch(worker), normed(worker), inner(worker))
      block.output.apply(mixed.pointer + range.lowerBound * width, count: range.count, into: branch)
      Vector.add(branch, count: range.count * width, to: state)
      for row in 0..<range.count { block.feedForwardNorm.apply(state + row * width, into: normed + row * width) }
      block.up.apply(normed, count: range.count, into: inner)
      VisionPass.geluTanh(inner, count: range.count * configuration.intermediate)
      block.down.apply(inner, count: range.count, into: branch)
      Vector.add(branch, count: range.count * width, to: state)
    }
  }

  /// Queries, keys and values [N, 3, Nv, Dv], queries and keys rotated.
  private func project(_ block: VisionBlock, into projected: FloatBuffer) {
    let normed = scratch(Dense.tile * width)
    let dimension = configuration.headDimension
    pool.tiles(groups: groups, of: positions.count) { range, worker in
      let normed = normed(worker)
      for (row, patch) in range.enumerated() {
        block.attentionNorm.apply(states.pointer + patch * width, into: normed + row * width)
      }
      block.projections.apply(normed, count: range.count, into: projected.pointer + 3 * range.lowerBound * width)
      for patch in range {
        let angle = patch % positions.count * dimension / 2
        for head in 0..<2 * configuration.heads {
          Vector.rotate(
            projected.pointer + 3 * patch * width + head * dimension, rotaryDimension: dimension,
            cosines: angles.cosines.pointer + angle, sines: angles.sines.pointer + angle)
        }
      }
    }
  }

  /// softmax(q · kᵀ / sqrt(Dv)) · v over all patches of a group, without a mask.
  private func attend(_ projected: FloatBuffer, into mixed: FloatBuffer) {
    let (group, dimension, heads) = (positions.count, configuration.headDimension, configuration.heads)
    let scores = scratch(Dense.tile * group)
    let factor = 1 / Float(dimension).squareRoot()
    for start in stride(from: 0, to: count, by: group) {
      let tiles = (group + Dense.tile - 1) / Dense.tile
      pool.run(count: tiles * heads, grain: max(1, (tiles * heads + 63) / 64)) { range, worker in
        let scores = scores(worker)
        for piece in range {
          let head = piece % heads
          let first = piece / heads * Dense.tile
          let rows = min(Dense.tile, group - first)
          let base = projected.pointer + 3 * start * width + head * dimension
          Dense.product(
            base + 3 * first * width, stride: 3 * width, rows: rows, base + width, stride: 3 * width, columns: group,
            inner: dimension, factor: factor, into: scores, stride: group)
          for row in 0..<rows { Vector.softmax(scores + row * group, count: group) }
          Dense.combination(
            scores, stride: group, rows: rows, base + 2 * width, stride: 3 * width, columns: dimension, inner: group,
            into: mixed.pointer + (start + first) * width + head * dimension, stride: width)
        }
      }
    }
  }

  /// The merger: norm, then the patches of a block side by side through two layers. [N / m², H].
  func merge(_ norm: LayerNorm, _ first: DenseLinear, _ second: DenseLinear) -> [[Float]] {
    let perToken = configuration.patchesPerToken
    let tokens = count / perToken
    let normed = scratch(Dense.tile * first.columns)
    let inner = scratch(Dense.tile * first.rows)
    let output = FloatBuffer(count: tokens * second.rows)
    pool.tiles(groups: groups, of: tokens / groups) { range, worker in
      let (normed, inner) = (normed(worker), inner(worker))
      for row in 0..<range.count * perToken {
        norm.apply(states.pointer + (range.lowerBound * perToken + row) * width, into: normed + row * width)
      }
      first.apply(normed, count: range.count, into: inner)
      for i in 0..<range.count * first.rows { inner[i] = VisionPass.gelu(inner[i]) }
      second.apply(inner, count: range.count, into: output.pointer + range.lowerBound * second.rows)
    }
    return (0..<tokens).map { token in
      Array(UnsafeBufferPointer(start: output.pointer + token * second.rows, count: second.rows))
    }
  }

  /// u/2 · (1 + tanh(√(2/π) · (u + 0.044715 u³))), which is u · sigmoid of twice the tanh's argument.
  private static func geluTanh(_ values: UnsafeMutablePointer<Float>, count: Int) {
    let factor = 2 * Float(2 / Double.pi).squareRoot()
    for i in 0..<count {
      let u = values[i]
      values[i] = u * Vector.sigmoid(factor * (u + 0.044715 * u * u * u))
    }
  }

  /// u/2 · (1 + erf(u / √2)).
  private static func gelu(_ u: Float) -> Float { Float(0.5 * Double(u) * (1 + erf(Double(u) * 0.5.squareRoot()))) }
}
