// Entry of the decoder of E4M3 blocks: rows, and in each the columns that share a scale. FP8_RUN names the loop over those.
static size_t tier_decode_fp8(
    const cambium_fp8_format *f, size_t first_row, size_t rows, const uint8_t *codes, const void *scales,
    void *output) {
  size_t grid = f->columns / f->block_columns + (f->columns % f->block_columns != 0);
  for (size_t r = 0; r < rows; r++) {
    size_t band = (first_row + r) / f->block_rows * grid;
    for (size_t c = 0; c < grid; c++) {
      size_t start = c * f->block_columns, left = f->columns - start;
      size_t n = left < f->block_columns ? left : f->block_columns, at = r * f->columns + start;
      float scale = stored_number(scales, f->scale_type, band + c);
      if (!isfinite(scale) || FP8_RUN(codes + at, n, scale, (uint8_t *)output + 2 * at) != 0) {
        return at + fp8_first_bad(codes + at, n, scale);
      }
    }
  }
  return rows * f->columns;
}
