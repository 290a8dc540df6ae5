/// The keys of one open object.
///
/// Up to eight keys are compared one by one: most objects of a header have three, and a hash table for each of
/// 75,000 objects would be most of the reading time.
struct KeySet {
  private var few: [UTF8Name] = []
  private var many: Set<UTF8Name> = []

  /// Adds a key; false when it is there already.
  mutating func insert(_ key: String) -> Bool {
    let name = UTF8Name(key)
    if !many.isEmpty { return many.insert(name).inserted }
    if few.contains(name) { return false }
    few.append(name)
    if few.count > 8 {
      many = Set(few)
      few = []
    }
    return true
  }
}
