#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "CImages.h"

// A progressive file may have any number of scans, each of which costs a pass over the whole image; encoders write
// about ten.
enum { most_scans = 100 };

// The library's own structures first, so that their addresses are those of this one.
typedef struct {
  struct jpeg_error_mgr manager;
  jmp_buf jump;
  int result;
  cambium_image *image;
} jpeg_errors;

typedef struct {
  struct jpeg_progress_mgr manager;
  jpeg_errors *errors;
} jpeg_progress;

static void stop(jpeg_errors *errors, int result, const char *message) {
  errors->result = result;
  if (message != NULL) strncpy(errors->image->message, message, CAMBIUM_IMAGE_MESSAGE - 1);
  longjmp(errors->jump, 1);
}

static void on_error(j_common_ptr info) {
  jpeg_errors *errors = (jpeg_errors *)info->err;
  char message[JMSG_LENGTH_MAX] = "";
  errors->manager.format_message(info, message);
  const int code = errors->manager.msg_code;
  const int is_limit = code == JERR_OUT_OF_MEMORY || code == JERR_NO_BACKING_STORE;
  stop(errors, is_limit ? CAMBIUM_IMAGE_LIMIT : CAMBIUM_IMAGE_CORRUPT, message);
}

// The library goes on with gray where data are missing; other warnings are about pixels that it can make up.
static void on_message(j_common_ptr info, int level) {
  jpeg_errors *errors = (jpeg_errors *)info->err;
  if (level >= 0) return;
  if (errors->manager.msg_code == JWRN_JPEG_EOF) {
    stop(errors, CAMBIUM_IMAGE_TRUNCATED, "the data end inside of the image");
  }
}

static void on_progress(j_common_ptr info) {
  if (!info->is_decompressor) return;
  const jpeg_progress *progress = (const jpeg_progress *)info->progress;
  if (((j_decompress_ptr)info)->input_scan_number > most_scans) {
    stop(progress->errors, CAMBIUM_IMAGE_LIMIT, "the image has more than 100 scans");
  }
}

static void decode(j_decompress_ptr info, jpeg_errors *errors, jpeg_progress *progress) {
  cambium_image *image = errors->image;
  jpeg_mem_src(info, image->data, image->size);
  info->mem->max_memory_to_use = (long)image->memory;
  info->progress = &progress->manager;
  jpeg_read_header(info, TRUE);
  switch (info->num_components) {
    case 1: info->out_color_space = JCS_GRAYSCALE; break;
    case 3: info->out_color_space = JCS_RGB; break;
    case 4: info->out_color_space = JCS_CMYK; break;
    default: stop(errors, CAMBIUM_IMAGE_DIFFERENT, "the number of components changed");
  }
  // The exact inverse transform, so that the bytes are the same with every build of the library.
  info->dct_method = JDCT_ISLOW;
  jpeg_start_decompress(info);
  if (info->output_width != image->width || info->output_height != image->height ||
      (uint32_t)info->output_components != image->pixel_bytes) {
    stop(errors, CAMBIUM_IMAGE_DIFFERENT, "the header changed");
  }
  const size_t row_bytes = (size_t)image->width * image->pixel_bytes;
  while (info->output_scanline < info->output_height) {
    JSAMPROW row = image->output + info->output_scanline * row_bytes;
    jpeg_read_scanlines(info, &row, 1);
  }
  // What stands behind the pixels does not change them.
}

int cambium_jpeg_decode(cambium_image *image) {
  struct jpeg_decompress_struct info;
  jpeg_errors errors;
  jpeg_progress progress;
  memset(&info, 0, sizeof info);
  memset(&errors, 0, sizeof errors);
  memset(&progress, 0, sizeof progress);
  memset(image->message, 0, CAMBIUM_IMAGE_MESSAGE);
  errors.image = image;
  progress.errors = &errors;
  progress.manager.progress_monitor = on_progress;
  info.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = on_error;
  errors.manager.emit_message = on_message;
  if (setjmp(errors.jump) == 0) {
    jpeg_create_decompress(&info);
    decode(&info, &errors, &progress);
  }
  jpeg_destroy_decompress(&info);
  return errors.result;
}
