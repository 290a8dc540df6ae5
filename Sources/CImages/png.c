#include <png.h>
#include <setjmp.h>
#include <string.h>

#include "CImages.h"

// What the callbacks of one decoding share.
typedef struct {
  cambium_image *image;
  size_t offset;
  int result;
} png_context;

static void set_message(cambium_image *image, const char *text) {
  strncpy(image->message, text, CAMBIUM_IMAGE_MESSAGE - 1);
  image->message[CAMBIUM_IMAGE_MESSAGE - 1] = 0;
}

static void on_error(png_structp png, png_const_charp message) {
  png_context *context = png_get_error_ptr(png);
  if (context->result == CAMBIUM_IMAGE_OK) context->result = CAMBIUM_IMAGE_CORRUPT;
  set_message(context->image, message);
  longjmp(png_jmpbuf(png), 1);
}

// Warnings are about what does not change the pixels.
static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void read_bytes(png_structp png, png_bytep bytes, png_size_t count) {
  png_context *context = png_get_io_ptr(png);
  if (count > context->image->size - context->offset) {
    context->result = CAMBIUM_IMAGE_TRUNCATED;
    png_error(png, "the data end inside of the image");
  }
  memcpy(bytes, context->image->data + context->offset, count);
  context->offset += count;
}

// Reads the header and asks for the output that the declaration promises.
static void set_up(png_structp png, png_infop info, png_context *context) {
  const cambium_image *image = context->image;
  png_set_user_limits(png, image->width, image->height);
  png_set_chunk_malloc_max(png, image->memory);
  png_set_chunk_cache_max(png, 1000);
  // Text, profiles and the like can be compressed a thousandfold, and nothing here reads them.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_read_fn(png, context, read_bytes);
  png_read_info(png, info);

  const png_byte color = png_get_color_type(png, info);
  const png_byte depth = png_get_bit_depth(png, info);
  if (depth < 8) png_set_packing(png);
  if (depth == 16 && color != PNG_COLOR_TYPE_GRAY) png_set_strip_16(png);
  if (color & PNG_COLOR_MASK_ALPHA) png_set_strip_alpha(png);
}

int cambium_png_decode(cambium_image *image, uint8_t *palette) {
  png_context context = {image, 0, CAMBIUM_IMAGE_OK};
  // Set before the jump and read after it, so they may not live in registers.
  png_infop volatile info = NULL;
  png_bytep *volatile rows = NULL;
  set_message(image, "");
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &context, on_error, on_warning);
  if (png == NULL) {
    set_message(image, "libpng cannot be set up");
    return CAMBIUM_IMAGE_LIMIT;
  }
  if (setjmp(png_jmpbuf(png)) == 0) {
    info = png_create_info_struct(png);
    if (info == NULL) png_error(png, "no memory");
    set_up(png, info, &context);
    const int passes = png_set_interlace_handling(png);
    (void)passes;
    png_read_update_info(png, info);
    const size_t row_bytes = (size_t)image->width * image->pixel_bytes;
    if (png_get_image_width(png, info) != image->width || png_get_image_height(png, info) != image->height ||
        png_get_rowbytes(png, info) != row_bytes) {
      context.result = CAMBIUM_IMAGE_DIFFERENT;
      png_error(png, "the header changed");
    }
    png_colorp colors = NULL;
    int count = 0;
    if (png_get_PLTE(png, info, &colors, &count) != 0) {
      for (int i = 0; i < count && i < 256; i++) {
        palette[3 * i] = colors[i].red;
        palette[3 * i + 1] = colors[i].green;
        palette[3 * i + 2] = colors[i].blue;
      }
    }
    rows = png_malloc(png, image->height * sizeof(png_bytep));
    for (size_t y = 0; y < image->height; y++) rows[y] = image->output + y * row_bytes;
    png_read_image(png, rows);
    // What stands behind the pixels does not change them.
  }
  if (rows != NULL) png_free(png, rows);
  png_infop owned = info;
  png_destroy_read_struct(&png, &owned, NULL);
  return context.result;
}
