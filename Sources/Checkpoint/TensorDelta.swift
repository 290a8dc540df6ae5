import Safetensors

/// What an adapter changes of a tensor: numbers that replace the base's, low-rank products that are added,
/// or both, in this order. Nothing of it is read before the tensor's rows are.
public struct TensorDelta: Sendable {
  /// A matrix that is part of an adapter's tensor with any steps between its elements.
  public struct Factor: Sendable {
    /// The adapter's tensor.
    public let entry: TensorEntry
    /// Index of the first element in the tensor.
    public let first: Int
    /// Elements of the tensor from one row to the next, and from one column to the next.
    public let rowStep: Int
    /// Elements of the tensor from one column to the next.
    public let columnStep: Int

    /// - Parameters:
    ///   - entry: The adapter's tensor.
    ///   - first: Index of the first element in the tensor.
    ///   - rowStep: Elements from one row to the next.
    ///   - columnStep: Elements from one column to the next.
    public init(entry: TensorEntry, first: Int = 0, rowStep: Int, columnStep: Int) {
      self.entry = entry
      self.first = first
      self.rowStep = rowStep
      self.columnStep = columnStep
    }
  }

  /// `scale * left @ right`: left has the rows of the tensor's matrix, right its columns.
  public struct Product: Sendable {
    /// Columns of the left factor, and rows of the right one.
    public let rank: Int
    /// The scale as the library computes it, in double; it multiplies as an f32.
    public let scale: Double
    /// The factor with the tensor's rows: [rows, rank].
    public let left: Factor
    /// The factor with the tensor's columns: [rank, columns].
    public let right: Factor
    /// DoRA: the length that each row of the sum gets; nil where the sum stays as it is.
    public var magnitude: TensorEntry?

    /// - Parameters:
    ///   - rank: Columns of the left factor, and rows of the right one.
    ///   - scale: Factor of the product.
    ///   - left: [rows of the tensor, rank].
    ///   - right: [rank, columns of the tensor].
    public init(rank: Int, scale: Double, left: Factor, right: Factor) {
      self.rank = rank
      self.scale = scale
      self.left = left
      self.right = right
    }
  }

  /// Where PEFT rounds on the way to the sum.
  public enum Rounding: String, Sendable {
    /// The sum alone.
    case sum
    /// The product to the dtype of the tensor, then the sum.
    case productAndSum = "product and sum"
    /// Factors, product and sum.
    case factorsProductAndSum = "factors, product and sum"
  }

  /// The adapter's file.
  public let file: SafetensorsFile
  /// Numbers for the whole tensor.
  public var replacement: TensorEntry?
  /// One for each matrix of the tensor, of which a matrix has one; nil where nothing is added. Empty without any.
  public var products: [Product?] = []
  /// Where it is rounded.
  public var rounding = Rounding.sum

  /// A change of nothing.
  /// - Parameter file: The adapter's file.
  public init(file: SafetensorsFile) { self.file = file }

  /// The adapter's tensors that it is made of, by name.
  public var entries: [TensorEntry] {
    var seen: Set<String> = []
    let all =
      [replacement].compactMap { $0 }
      + products.compactMap { $0 }.flatMap { product in
        [product.left.entry, product.right.entry] + (product.magnitude.map { [$0] } ?? [])
      }
    return all.filter { seen.insert($0.name).inserted }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// The first product, which says rank and scale for all.
  public var sample: Product? { products.lazy.compactMap { $0 }.first }

  /// Named transforms of reports.
  package var transformNames: [String] {
    (replacement == nil ? [] : ["replace_by_adapter"])
      + (sample.map { [$0.magnitude == nil ? "merge_lora" : "merge_dora"] } ?? [])
  }
}

extension Trunk {
  /// The same trunk with other tensors under the same names.
  package func with(_ tensors: [ResolvedTensor]) -> Trunk {
    Trunk(tensors: tensors, dropped: dropped, conversion: conversion, tallies: tallies)
  }
}
