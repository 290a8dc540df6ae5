import Checking
import Images
import SystemPackage

/// A picture that a bench asks about.
public struct BenchPicture: Sendable {
  /// The picture's name.
  public var name: String
  /// What is asked of it.
  public var question: String
  private let source: Source

  private enum Source: Sendable {
    case file(FilePath)
    case drawn
  }

  /// A picture of a folder.
  public init(_ picture: Picture) {
    name = picture.name
    question = picture.question
    source = .file(picture.path)
  }

  private init(drawn name: String) {
    self.name = name
    question = Picture.question
    source = .drawn
  }

  /// The program's own: a red disc on a ground that fades from blue to green, 224 × 224.
  public static let drawn = BenchPicture(drawn: "image-1")

  func visual(model: FilePath) throws -> VisualInput {
    switch source {
    case .file(let path): try VisualInput(image: path, model: model)
    case .drawn: try VisualInput(image: BenchPicture.disc, name: name, model: model)
    }
  }

  private static var disc: RGBImage {
    get throws {
      let side = 224
      var pixels: [UInt8] = []
      for row in 0..<side {
        for column in 0..<side {
          let (x, y) = (column - side / 2, row - side / 2)
          let shade = UInt8(row * 255 / side)
          pixels += x * x + y * y < side * side / 9 ? [220, 30, 30] : [20, shade, 255 - shade]
        }
      }
      guard let image = RGBImage(width: side, height: side, pixels: pixels) else {
        throw BenchError.nothing(reasons: ["no picture"])
      }
      return image
    }
  }
}
