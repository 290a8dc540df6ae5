#include "driver.h"

enum { GROUPS = 75 };

static const char *const modes[] = {"affine", "mxfp4-", "mxfp8-", "nvfp4-"};

// Packed groups with any codes: any scale byte of the float modes; affine scales by kind.
static void decode_and_measure(int mode, int bits, size_t group, int type, int kind) {
  const cambium_packed_format format = {mode, bits, type, group};
  const uint8_t *weight = octets(group * (size_t)bits / 8 * GROUPS);
  const void *scales = mode == CAMBIUM_AFFINE ? numbers(type, kind, GROUPS) : octets(GROUPS);
  const void *biases = mode == CAMBIUM_AFFINE ? numbers(type, kind, GROUPS) : NULL;
  float *y = loose(group * GROUPS * 4);
  cambium_decode(&format, GROUPS, weight, scales, biases, y);
  add_bytes(y, group * GROUPS * 4);
  result("decode-%s%d-%zu-%s-%s", modes[mode], bits, group, type_names[type], kind_names[kind]);
  for (int input = 0; input < 3; input++) {
    cambium_error_sums sums;
    memset(&sums, 0, sizeof sums);
    cambium_measure(&format, GROUPS, numbers(input, kind, group * GROUPS), input, weight, scales, biases, &sums);
    const double of[] = {sums.dot, sums.original_squares, sums.decoded_squares, sums.difference_squares};
    for (int i = 0; i < 4; i++) add_bytes(isnan(of[i]) ? &(double){0} : &of[i], 8);
    add_number(sums.clipped);
    add_number(sums.clipped_groups);
    add_number(sums.zeroed_groups);
    add_number(sums.largest_index);
    add_floats(&sums.largest_difference, 1);
    add_floats(&sums.largest_original, 1);
    result("measure-%s%d-%zu-%s-%s-%s", modes[mode], bits, group, type_names[type], type_names[input],
           kind_names[kind]);
  }
}

static void compare(size_t count, int kind) {
  cambium_error_sums sums;
  memset(&sums, 0, sizeof sums);
  cambium_compare(floats(kind, count + 1), floats(kind, count + 1), count, &sums);
  const double of[] = {sums.dot, sums.original_squares, sums.decoded_squares, sums.difference_squares};
  for (int i = 0; i < 4; i++) add_bytes(isnan(of[i]) ? &(double){0} : &of[i], 8);
  add_number(sums.largest_index);
  add_floats(&sums.largest_difference, 1);
  add_floats(&sums.largest_original, 1);
  result("compare-%zu-%s", count, kind_names[kind]);
}

// Blocks that do not divide the matrix, from a row in the middle on; with `bad` codes or scales there is a first bad number.
static void decode_fp8(int scale_type, int bad) {
  enum { COLUMNS = 300, FIRST = 5, ROWS = 40 };
  const cambium_fp8_format format = {COLUMNS, 16, 128, scale_type};
  uint8_t *codes = octets(COLUMNS * ROWS), *output = loose(2 * COLUMNS * ROWS);
  for (size_t i = 0; i < COLUMNS * ROWS; i++) {
    if ((codes[i] & 0x7F) == 0x7F && !(bad && i > 7777)) codes[i] = 1;
  }
  const void *scales = numbers(scale_type, USUAL, 3 * 3);
  const size_t good = cambium_decode_fp8(&format, FIRST, ROWS, codes, scales, output);
  add_number(good);
  add_bytes(output, 2 * good);
  result("decode-fp8-%s-%s", type_names[scale_type], bad ? "bad" : "good");
}

static void widen(int type, int kind) {
  float *y = loose(4 * 1003);
  cambium_widen(numbers(type, kind, 1003), type, y, 1003);
  add_bytes(y, 4 * 1003);
  result("widen-%s-%s", type_names[type], kind_names[kind]);
}

void run_decoders(void) {
  static const int widths[] = {2, 3, 4, 5, 6, 8};
  start_random(2);
  for (int kind = 0; kind < KINDS; kind++) {
    for (int type = 0; type < 3; type++) {
      widen(type, kind);
      decode_and_measure(CAMBIUM_MXFP4, 4, 32, type, kind);
      decode_and_measure(CAMBIUM_MXFP8, 8, 32, type, kind);
      decode_and_measure(CAMBIUM_NVFP4, 4, 16, type, kind);
      for (int i = 0; i < 6; i++) {
        for (size_t group = 32; group <= 128; group *= 2) decode_and_measure(CAMBIUM_AFFINE, widths[i], group, type, kind);
      }
    }
    for (size_t count = 1; count < 5000; count = 3 * count + 1) compare(count, kind);
  }
  for (int type = 0; type < 3; type++) {
    decode_fp8(type, 0);
    decode_fp8(type, 1);
  }
}
