extension Plan {
  /// The plan of one weight file alone, and the numbers of its tensors in the whole; of no file for nil. It has no digest that
  /// means anything to anybody.
  package func share(ofFile file: Int?) -> (plan: Plan, tensors: [Int]) {
    let numbers = tensors.indices.filter { number in
      tensors[number].parts.contains { $0.file == file }
    }
    let share = Plan(
      tensors: numbers.map { number in
        tensors[number].with(
          parts: tensors[number].parts.map {
            PlannedPart(name: $0.name, dtype: $0.dtype, shape: $0.shape, file: 0, offset: $0.offset, bytes: $0.bytes)
          })
      }, dropped: [], weights: file.map { [weights[$0]] } ?? [], format: format, head: nil, notes: [],
      keepsSource: keepsSource)
    return (share, numbers)
  }
}
