import Checkpoint

/// Where the modules of a base are in its trunk, by bare name.
struct BaseModules {
  /// A matrix, or a part of one, that is a module's weight.
  struct Place {
    /// Index into the trunk's tensors.
    let tensor: Int
    /// Which matrix of a stack; nil for a separate tensor, and for all matrices of a fused one.
    let matrix: Int?
    /// Which part of a fused matrix's rows.
    let part: Int
  }

  private var places: [String: [Place]] = [:]
  /// The packed tensors.
  private var packed: [String: ResolvedTensor] = [:]

  init(_ tensors: [ResolvedTensor]) {
    for (number, tensor) in tensors.enumerated() {
      if tensor.packing != nil {
        packed[AdapterTensorName.bare(tensor.sources.first ?? tensor.name)] = tensor
        continue
      }
      if tensor.assembly == "stack" {
        for (matrix, source) in tensor.sources.enumerated() {
          add(source, Place(tensor: number, matrix: matrix, part: 0))
        }
      } else {
        let words = tensor.assembly.split(whereSeparator: { $0 == " " || $0 == "/" })
        let part = words.count == 3 ? Int(words[1]) ?? 0 : 0
        for source in tensor.sources.prefix(1) { add(source, Place(tensor: number, matrix: nil, part: part)) }
        // A renamed tensor is known under both of its names.
        let bare = AdapterTensorName.bare(tensor.name)
        if words.count == 1, places[bare] == nil { add(bare, Place(tensor: number, matrix: nil, part: 0)) }
      }
    }
  }

  private mutating func add(_ name: String, _ place: Place) {
    places[AdapterTensorName.bare(name), default: []].append(place)
  }

  /// Places of a tensor: several of a fused one, in the order of its parts.
  subscript(tensor: String) -> [Place] { (places[tensor] ?? []).sorted { $0.part < $1.part } }

  func packed(_ tensor: String) -> ResolvedTensor? { packed[tensor] }

  /// Names of all tensors that are separate matrices.
  var names: [String] { places.keys.sorted() }
}
