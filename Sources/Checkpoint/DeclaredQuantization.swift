/// What `quantization_config` says of quantized matrices, as far as it can be compared with their tensors. What it says
/// of some modules only is compared with none.
struct DeclaredQuantization: Sendable, Equatable {
  /// Which elements of a matrix share a scale.
  enum Groups: Sendable, Equatable {
    case matrix
    case row
    case columns(Int)
    /// Rows and columns of a block.
    case blocks([Int])
  }

  var bits: Int?
  var groups: Groups?
  /// Whether zero points are stored; of GPTQ and AWQ they always are.
  var hasZeroPoints = false
  /// Whether the group of each column is stored.
  var hasColumnOrder = false
  /// The format of compressed-tensors, where it is none that is read.
  var foreignFormat: String?

  /// - Throws: ``CheckpointError/config(file:field:expected:found:)`` for a field of another type.
  init(_ folder: CheckpointFolder) throws {
    guard let config = folder.quantizationConfig else { return }
    let place = folder.quantizationPlace
    let fields = QuantizationFields(value: config, file: place.file, path: place.path)
    let method = folder.quantizationMethod
    if method?.hasPackedCodes == true {
      try readGroups(fields, isCompressedTensors: method == .compressedTensors)
    } else if folder.transposedForm != nil {
      try readTransposed(fields)
    }
    let block = try fields.block("weight_block_size")
    if groups == nil, let block { groups = .blocks(block) }
  }

  /// Whether the scales of a matrix are as many as are declared.
  /// - Parameters:
  ///   - grid: Rows and columns of the scales.
  ///   - matrix: Rows and columns of the matrix.
  ///   - isOrdered: Whether the group of each column is stored, so that the last group may have fewer.
  func fits(grid: [Int], matrix: [Int], isOrdered: Bool) -> Bool {
    guard let groups else { return true }
    switch groups {
    case .matrix: return grid == [1, 1]
    case .row: return grid == [matrix[0], 1]
    case .columns(let size):
      guard isOrdered || size > matrix[1] || matrix[1] % size == 0 else { return false }
      return grid == [matrix[0], (matrix[1] - 1) / size + 1]
    case .blocks(let block): return grid == [(matrix[0] - 1) / block[0] + 1, (matrix[1] - 1) / block[1] + 1]
    }
  }

  /// The groups in words, for messages.
  var groupSummary: String {
    switch groups {
    case nil: "nothing of groups"
    case .matrix?: "one scale for the matrix"
    case .row?: "one scale for each row"
    case .columns(let size)?: "groups of \(size) columns"
    case .blocks(let block)?: "blocks of \(block[0]) x \(block[1])"
    }
  }
}
