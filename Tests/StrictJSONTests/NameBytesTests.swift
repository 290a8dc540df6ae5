import StrictJSON
import Testing

@Suite struct NameBytesTests {
  @Test func `a mark before the dot hides no suffix`() {
    let name = "model-x\u{600}.safetensors"
    #expect(!name.hasSuffix(".safetensors"), "the reason for a comparison by bytes is gone")
    #expect(name.hasBytes(atEnd: ".safetensors"))
    #expect("model.safetensors".hasBytes(atEnd: ".safetensors") && !"safetensors".hasBytes(atEnd: ".safetensors"))
    #expect(name.hasBytes(anywhere: ".safe") && "aab".hasBytes(anywhere: "ab") && "ab".hasBytes(anywhere: "ab"))
    #expect(!"ab".hasBytes(anywhere: "abc") && !"axb".hasBytes(anywhere: "ab") && "".hasBytes(anywhere: ""))
    #expect("a\u{301}".hasBytes(atStart: "a") && !"\u{E1}".hasBytes(atStart: "a") && !"".hasBytes(atStart: "a"))
  }
}
