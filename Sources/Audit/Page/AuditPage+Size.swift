import Diagnostics

extension AuditPage {
  private struct RoleSize {
    let role: String
    var tensors = 0
    var elements = 0
    var before = 0
    var after = 0
  }

  /// Sizes by role, the largest first.
  private var roleSizes: [RoleSize] {
    var sizes: [String: RoleSize] = [:]
    for tensor in audit.tensors {
      var size = sizes[tensor.role] ?? RoleSize(role: tensor.role)
      size.tensors += 1
      size.elements += tensor.elements
      size.before += tensor.sourceBytes
      size.after += tensor.writtenBytes
      sizes[tensor.role] = size
    }
    return sizes.values.sorted {
      $0.before != $1.before ? $0.before > $1.before : $0.role.utf8.lexicographicallyPrecedes($1.role.utf8)
    }
  }

  func sizeSection(_ html: inout MarkupText) {
    let sizes = roleSizes
    let most = sizes.reduce(0) { max($0, $1.before, $1.after) }
    html.markup(
      """
      <section id="size">
      <h2>Size by role</h2>
      <p class="legend"><i class="swatch before"></i>before <i class="swatch after"></i>after</p>
      <div class="scroll"><table class="bars">
      <thead><tr><th>Role<th class="bar"><span class="visually-hidden">Bars</span><th class="n">Before<th class="n">After\
      <th class="n">Bits per weight<th class="n">Tensors</tr></thead>
      <tbody>

      """)
    for size in sizes {
      html.markup("<tr><td>")
      html.text(size.role)
      html.markup("<td class=\"bar\">")
      html.markup(AuditPage.bars([("before", size.before), ("after", size.after)], most: most))
      let bits = size.elements == 0 ? "–" : Fixed.places(Double(size.after) * 8 / Double(size.elements), 2)
      html.markup("<td class=\"n\">\(Fixed.bytes(size.before))<td class=\"n\">\(Fixed.bytes(size.after))")
      html.markup("<td class=\"n\">\(bits)<td class=\"n\">\(AuditPage.grouped(size.tensors))</tr>\n")
    }
    html.markup("</tbody></table></div>\n</section>\n")
  }

  /// Bars over each other, in thousandths of the largest; what is not nothing is seen.
  private static func bars(_ values: [(name: String, value: Int)], most: Int) -> String {
    var svg = "<svg viewBox=\"0 0 1000 22\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
    for (row, (name, value)) in values.enumerated() where value > 0 && most > 0 {
      let width = max(3, Int(Double(value) * 1000 / Double(most)))
      svg += "<rect class=\"\(name)\" x=\"0\" y=\"\(row * 12)\" width=\"\(width)\" height=\"10\"/>"
    }
    return svg + "</svg>"
  }
}
