// Decoders of libpng and libjpeg behind functions that return: both libraries report errors by longjmp, which must not
// pass through Swift. Nothing is kept between calls, and nothing is written but what the arguments name.
#ifndef CAMBIUM_CIMAGES_H
#define CAMBIUM_CIMAGES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// How a decoding ended.
enum {
  CAMBIUM_IMAGE_OK = 0,
  // The data are not well-formed; the message says where.
  CAMBIUM_IMAGE_CORRUPT = 1,
  // The data end before the image does.
  CAMBIUM_IMAGE_TRUNCATED = 2,
  // The image is not as the caller said: size, or samples per pixel.
  CAMBIUM_IMAGE_DIFFERENT = 3,
  // The decoder would need more memory, or more passes, than allowed.
  CAMBIUM_IMAGE_LIMIT = 4
};

enum { CAMBIUM_IMAGE_MESSAGE = 256 };

// What a decoder is given, and where it writes.
typedef struct {
  const uint8_t *data;
  size_t size;
  // The image as its header says, and bytes of one pixel in the output; all three are checked.
  uint32_t width, height, pixel_bytes;
  // width * height * pixel_bytes bytes, rows from the top.
  uint8_t *output;
  // Greatest memory of the decoder itself, in bytes, besides the output.
  size_t memory;
  // What is wrong, as the library says it, with a zero at the end.
  char message[CAMBIUM_IMAGE_MESSAGE];
} cambium_image;

// Decodes a PNG. Output: gray samples or palette indices as they are stored (below 8 bits one byte each, 16 bits gray
// two bytes each, the high one first), or 8-bit red, green, blue; alpha is left out, colour of 16 bits is cut to 8.
// palette: 256 colours of 3 bytes; colours that the file does not have are left as they are.
int cambium_png_decode(cambium_image *image, uint8_t *palette);

// Decodes a JPEG. Output: gray; red, green, blue; or four samples as they are stored, after YCCK became CMYK.
int cambium_jpeg_decode(cambium_image *image);

#ifdef __cplusplus
}
#endif

#endif
