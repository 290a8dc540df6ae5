import TestSupport
import Foundation
import Testing

/// What people give a runner for an image, through the program: an answer, or an error with a name; and never more
/// memory than an honest image of the allowed size needs.
@Suite struct HostileImageTests {
  private func generate(_ bytes: [UInt8], name: String) throws -> CambiumProcess.Outcome {
    let folder = try ImageFolder()
    return try RunnerProcess.run([
      "generate", try DemoCheckpoint.shared.get().path, "--image", try folder.write(bytes, name), "--chat",
      "Describe the image.", "--no-thinking", "--limit", "4",
    ])
  }

  @Test(arguments: [
    ("nothing", "E_IMAGE_FORMAT"), ("text", "E_IMAGE_FORMAT"), ("png cut at 0.5", "E_IMAGE_CORRUPT"),
    ("jpeg cut at 0.9", "E_IMAGE_CORRUPT"), ("png with a wrong checksum", "E_IMAGE_CORRUPT"),
    ("jpeg cut at 0.2", "E_IMAGE_CORRUPT"),
  ])
  func `a file that is no whole image is refused`(_ name: String, _ code: String) throws {
    let outcome = try generate(MadeImages.fixture(name), name: "image.png")
    #expect(outcome.status == 65 && outcome.out.isEmpty)
    #expect(outcome.err.contains("error: \(code)"), "\(outcome.err)")
    #expect(outcome.err.contains("image.png"))
  }

  @Test func `sizes that no image should have are refused without their memory`() throws {
    let ordinary = try generate(MadeImages.fixture("shape-000.png"), name: "image.png")
    #expect(ordinary.status == 0)
    for (bytes, code) in [
      (MadeImages.png(width: 8, height: 8, header: (65_535, 65_535)), "E_IMAGE_SIZE"),
      (MadeImages.png(width: 8, height: 8, header: (0, 8)), "E_IMAGE_"),
      (MadeImages.png(width: 300, height: 1), "E_IMAGE_ASPECT"),
      ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + [UInt8](repeating: 0, count: 21 << 20), "E_IMAGE_BYTES"),
    ] {
      let outcome = try generate(bytes, name: "image.png")
      #expect(outcome.status == 65 && outcome.err.contains("error: \(code)"), "\(outcome.err)")
      #expect(outcome.peakBytes < ordinary.peakBytes + 64 << 20)
    }
  }

  @Test func `a small file with many pixels takes the memory of its pixels, not more`() throws {
    let ordinary = try generate(MadeImages.fixture("shape-000.png"), name: "image.png")
    let outcome = try generate(MadeImages.png(width: 6000, height: 6000), name: "image.png")
    #expect(outcome.status == 0, "\(outcome.err)")
    // 3 bytes a pixel, and again for what is made of them on the way.
    #expect(outcome.peakBytes < ordinary.peakBytes + 3 * 3 * 6000 * 6000)
  }

  @Test(arguments: [
    "jpeg 50×33 CMYK", "jpeg 50×33 gray", "png 2 16", "png 0 16", "png 3 8 interlaced tRNS", "png 3 2", "png 4 8",
    "png 6 16", "jpeg 1×1 0", "jpeg orientation 6",
  ])
  func `every kind of image that the processor takes is answered`(_ name: String) throws {
    let outcome = try generate(MadeImages.fixture(name), name: "image")
    #expect(outcome.status == 0 && outcome.err.isEmpty, "\(outcome.err)")
    #expect(outcome.out.count > 1)
  }
}
