/// The size that an image is resized to: sides are multiples of a factor, the number of pixels is in a range, and the
/// proportions are kept as nearly as that allows (`smart_resize` of transformers, `image_processing_qwen2_vl.py`; for a
/// video that of `video_processing_qwen3_vl.py`, which counts the pixels of all frames).
public enum SmartResize {
  /// Most pixels of what an image, or all frames of a video, become: four times as many as a release asks for. Settings
  /// with more would make 13 GB of a picture with one pixel.
  public static let mostPixels = 1 << 26
  /// Greatest ratio of the sides.
  public static let mostAspect = 200

  /// - Returns: Width and height in pixels.
  /// - Throws: `E_IMAGE_ASPECT` when one side is more than 200 times as long as the other; `E_IMAGE_SIZE` for a side
  ///   without pixels, and for more than ``mostPixels``.
  public static func size(
    width: Int, height: Int, settings: ImageSettings, file: String
  ) throws(ImageError) -> (width: Int, height: Int) {
    guard width > 0, height > 0 else {
      throw .size(file: file, expected: "at least one pixel", width: width, height: height)
    }
    guard Double(max(width, height)) / Double(min(width, height)) <= Double(mostAspect) else {
      throw .aspect(file: file, limit: mostAspect, width: width, height: height)
    }
    let factor = Double(settings.factor)
    let area = Double(height) * Double(width)
    // Python rounds halves to even.
    var newHeight = (Double(height) / factor).rounded(.toNearestOrEven) * factor
    var newWidth = (Double(width) / factor).rounded(.toNearestOrEven) * factor
    if newHeight * newWidth > Double(settings.maxPixels) {
      let shrink = (area / Double(settings.maxPixels)).squareRoot()
      newHeight = max(factor, (Double(height) / shrink / factor).rounded(.down) * factor)
      newWidth = max(factor, (Double(width) / shrink / factor).rounded(.down) * factor)
    } else if newHeight * newWidth < Double(settings.minPixels) {
      let growth = (Double(settings.minPixels) / area).squareRoot()
      newHeight = (Double(height) * growth / factor).rounded(.up) * factor
      newWidth = (Double(width) * growth / factor).rounded(.up) * factor
    }
    return try whole(newWidth, newHeight, frames: 1, file: file)
  }

  /// The same as ``size(width:height:settings:file:)``, for frames of a video, at least as many as a patch spans.
  public static func size(
    width: Int, height: Int, frames: Int, settings: ImageSettings, file: String
  ) throws(ImageError) -> (width: Int, height: Int) {
    guard width > 0, height > 0 else {
      throw .size(file: file, expected: "at least one pixel", width: width, height: height)
    }
    let factor = Double(settings.factor)
    var (width, height) = (Double(width), Double(height))
    if width < factor || height < factor {
      let growth = max(factor / height, factor / width)
      (width, height) = ((width * growth).rounded(.down), (height * growth).rounded(.down))
    }
    guard max(width, height) / min(width, height) <= Double(mostAspect) else {
      throw .aspect(file: file, limit: mostAspect, width: Int(width), height: Int(height))
    }
    let span = Double(settings.temporalPatchSize)
    let wholeFrames = (Double(frames) / span).rounded(.toNearestOrEven) * span
    var newHeight = (height / factor).rounded(.toNearestOrEven) * factor
    var newWidth = (width / factor).rounded(.toNearestOrEven) * factor
    let volume = Double(frames) * height * width
    if wholeFrames * newHeight * newWidth > Double(settings.maxPixels) {
      let shrink = (volume / Double(settings.maxPixels)).squareRoot()
      newHeight = max(factor, (height / shrink / factor).rounded(.down) * factor)
      newWidth = max(factor, (width / shrink / factor).rounded(.down) * factor)
    } else if wholeFrames * newHeight * newWidth < Double(settings.minPixels) {
      let growth = (Double(settings.minPixels) / volume).squareRoot()
      newHeight = (height * growth / factor).rounded(.up) * factor
      newWidth = (width * growth / factor).rounded(.up) * factor
    }
    return try whole(newWidth, newHeight, frames: max(wholeFrames, span), file: file)
  }

  /// Sides as integers.
  private static func whole(
    _ width: Double, _ height: Double, frames: Double, file: String
  ) throws(ImageError) -> (width: Int, height: Int) {
    guard frames * height * width <= Double(mostPixels) else {
      throw .size(
        file: file, expected: "settings that make at most \(mostPixels) pixels of it, in all frames together",
        width: Int(min(width, 1e12)), height: Int(min(height, 1e12)))
    }
    return (Int(width), Int(height))
  }
}
